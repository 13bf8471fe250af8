/** What a page does for a core that shares its database with other tabs: hears changes, and reports its lifecycle. */
import type { Endpoint } from 'comlink';
import { hasSharedWorkers, pageEvents, webLocks } from '../runtime.ts';
import type { ChangeListener } from './client.ts';
import type { ChangesMessage, SharedCore } from './contract.ts';
import { trustedScript } from './trusted-script.ts';

/**
 * A port to the SharedWorker that passes ports between tabs. Only pages can start it; where it cannot be started,
 * or not from this origin, the tabs do without.
 */
export function startPorts(): MessagePort | undefined {
  if (!hasSharedWorkers()) return undefined;
  const Native = globalThis.SharedWorker;
  // As for the core's worker, bundlers look for this very expression.
  function StandIn(address: string | URL, options?: WorkerOptions): SharedWorker {
    return new Native(trustedScript(String(address)), options);
  }
  try {
    Reflect.set(globalThis, 'SharedWorker', StandIn);
    return new SharedWorker(new URL('./ports.js', import.meta.url), { type: 'module', name: 'cinderlib-wasm' }).port;
  } catch {
    return undefined;
  } finally {
    Reflect.set(globalThis, 'SharedWorker', Native);
  }
}

export function listenForChanges(endpoint: Endpoint, listener: ChangeListener): void {
  endpoint.addEventListener('message', (event) => {
    // Everything else on this port is Comlink's.
    const { changes } = ((event as MessageEvent<unknown>).data ?? {}) as Partial<ChangesMessage>;
    if (Array.isArray(changes)) listener(changes);
  });
}

/** Calls back when the core has died, which browsers do not report. */
export function watchCore({ alive }: SharedCore, signal: AbortSignal, callback: () => void): void {
  webLocks()
    ?.request(alive, { mode: 'shared', signal }, callback)
    .catch(() => {});
}

/**
 * Calls back when the page enters the back/forward cache and when it returns. A cached page is suspended, and must
 * not lead.
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
