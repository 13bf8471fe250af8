/** What a page does for a core whose database other tabs have open too: hears of changes, and tells of its own ways. */
import type { Endpoint } from 'comlink';
import { hasSharedWorkers, pageEvents, webLocks } from '../runtime.ts';
import type { ChangeListener } from './client.ts';
import type { ChangesMessage, SharedCore } from './contract.ts';
import { trustedScript } from './trusted-script.ts';

/**
 * A port to the worker of all tabs that passes ports between them. Only pages can start it; where it cannot be
 * started, or not from this origin, the tabs do without.
 */
export function startPorts(): MessagePort | undefined {
  if (!hasSharedWorkers()) return undefined;
  const Native = globalThis.SharedWorker;
  // As for the worker of the core: bundlers look for the expression as it stands.
  function StandIn(address: string | URL, options?: WorkerOptions): SharedWorker {
    return new Native(trustedScript(String(address)), options);
  }
  try {
    globalThis.SharedWorker = StandIn as unknown as typeof SharedWorker;
    return new SharedWorker(new URL('./ports.js', import.meta.url), { type: 'module', name: 'cinderlib-wasm' }).port;
  } catch {
    return undefined;
  } finally {
    globalThis.SharedWorker = Native;
  }
}

export function listenForChanges(endpoint: Endpoint, listener: ChangeListener): void {
  endpoint.addEventListener('message', (event) => {
    // Everything else on this port is Comlink's.
    const { changes } = ((event as MessageEvent<unknown>).data ?? {}) as Partial<ChangesMessage>;
    if (Array.isArray(changes)) listener(changes);
  });
}

/** Calls back when the core has died, of which browsers do not tell. */
export function watchCore({ alive }: SharedCore, signal: AbortSignal, callback: () => void): void {
  webLocks()
    ?.request(alive, { mode: 'shared', signal }, callback)
    .catch(() => {});
}

/**
 * Calls back when the page is put away and when it comes back. A page that the browser keeps for the way back does
 * nothing, and must not lead.
 */
export function watchPage(signal: AbortSignal, callback: (isAway: boolean) => void): void {
  const listen = (type: 'pagehide' | 'pageshow', isAway: boolean): void => {
    const listener = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) callback(isAway);
    };
    pageEvents()?.addEventListener(type, listener as EventListener, { signal });
  };
  listen('pagehide', true);
  listen('pageshow', false);
}
