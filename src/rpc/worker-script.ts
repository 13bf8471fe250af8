/** Starts the bundle's own Web Worker, even from another origin, and finds out why its script did not load. */
import { WorkerLost } from '../errors/index.ts';
import { loadFault, PolicyWatch, startHint } from './load-fault.ts';
import { trustedScript, trustHint } from './trusted-script.ts';

/** A worker, and a way to find out why its script was not loaded: its error event does not say. */
export interface StartedScript {
  readonly worker: Worker;
  notLoaded(): Promise<Error>;
  /** Releases what was kept in case it does not load; called once it has answered or ended. */
  loaded(): void;
}

/**
 * Evaluates the expression that makes the worker. Bundlers look for such an expression and put the address of their
 * own file into it, which appears nowhere else. A stand-in for `Worker` learns it: so a script from another origin can
 * be started from here, and one that does not load can be fetched.
 *
 * @throws {WorkerLost} when the browser refuses to start it
 */
export function startScript(make: () => Worker): StartedScript {
  const Native = globalThis.Worker;
  const policy = new PolicyWatch();
  let [script, startedAs] = ['', ''];
  function StandIn(url: string | URL, options?: WorkerOptions): Worker {
    script = String(url);
    startedAs = isForeign(script) ? importing(script) : script;
    return new Native(trustedScript(startedAs), startedAs === script ? options : { type: 'module' });
  }
  const loaded = (): void => {
    policy.stop();
    if (startedAs !== script) URL.revokeObjectURL(startedAs);
  };
  try {
    Reflect.set(globalThis, 'Worker', StandIn);
    const notLoaded = async (): Promise<Error> => {
      const fault = script === '' ? notReplaced : await loadFault(script, startedAs, policy);
      loaded();
      return new WorkerLost(`The worker script ${script || unnamed} cannot be loaded: ${fault}`);
    };
    return { worker: make(), notLoaded, loaded };
  } catch (cause) {
    loaded();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = script === '' ? notReplaced : cause instanceof TypeError ? trustHint : startHint(script, startedAs);
    throw new WorkerLost(`The worker script ${script || unnamed} cannot be started: ${reason} ${hint}`, { cause });
  } finally {
    Reflect.set(globalThis, 'Worker', Native);
  }
}

const unnamed = 'of this library';
const notReplaced =
  "This page lets nobody replace Worker: its network panel says more. The library must come from the page's own origin.";

/** Calls back with the reason when a worker fails; `script`, where known, tells why it was not loaded. */
export function onWorkerError(
  worker: Worker,
  script: StartedScript | undefined,
  callback: (reason: Error) => void,
): void {
  worker.addEventListener('error', ({ message }) => {
    // An error in the script has a message; a script that was not loaded has none.
    if (message || script === undefined) callback(new Error(message || 'The worker script failed.'));
    else script.notLoaded().then(callback, callback);
  });
}

function isForeign(script: string): boolean {
  // Compared with this realm's own origin: that of `location` is null in a frame with `srcdoc`.
  const address = new URL(script);
  return address.protocol.startsWith('http') && address.origin !== origin;
}

/** A worker's script must come from the page's own origin, but what that script imports need not. */
function importing(script: string): string {
  return URL.createObjectURL(new Blob([`import ${JSON.stringify(script)};`], { type: 'text/javascript' }));
}
