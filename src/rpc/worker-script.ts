/** Starts a Web Worker of the bundle's own, also one from another origin, and finds out why it did not load. */
import { WorkerLost } from '../errors/index.ts';
import { loadFault, PolicyWatch, policyHint } from './load-fault.ts';
import { trustedScript, trustHint } from './trusted-script.ts';

/** A worker, and who says why its script was not loaded: its error event does not. */
export interface StartedScript {
  readonly worker: Worker;
  notLoaded(): Promise<Error>;
  /** Lets go of what was kept for the case that it does not load, once it has answered or has ended. */
  loaded(): void;
}

/**
 * Evaluates the expression that makes the worker. Bundlers look for such an expression and put a file of their own
 * into it, whose name is nowhere else. It is learnt by standing in for `Worker` meanwhile: a script from another
 * origin is then started from here, and one that does not load can be asked for.
 *
 * @throws WorkerLost when the browser refuses to start it.
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
    globalThis.Worker = StandIn as unknown as typeof Worker;
    const notLoaded = async (): Promise<Error> => {
      const fault = await loadFault(script, startedAs, policy);
      loaded();
      return new WorkerLost(`The worker script ${script} cannot be loaded: ${fault}`);
    };
    return { worker: make(), notLoaded, loaded };
  } catch (cause) {
    loaded();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = cause instanceof TypeError ? trustHint : policyHint(script, startedAs);
    throw new WorkerLost(`The worker script ${script} cannot be started: ${reason} ${hint}`, { cause });
  } finally {
    globalThis.Worker = Native;
  }
}

/** Calls back with the reason when a worker fails; `script` says why it was not loaded, where somebody knows which it is. */
export function onWorkerError(
  worker: Worker,
  script: StartedScript | undefined,
  callback: (reason: Error) => void,
): void {
  worker.addEventListener('error', ({ message }) => {
    // An error of the script has a message; a script that was not loaded has none.
    if (message || script === undefined) callback(new Error(message || 'The worker script failed.'));
    else script.notLoaded().then(callback, callback);
  });
}

function isForeign(script: string): boolean {
  const { origin, protocol } = new URL(script);
  return protocol.startsWith('http') && origin !== location.origin;
}

/** A worker's script must come from the page's own origin, but what that script imports need not. */
function importing(script: string): string {
  return URL.createObjectURL(new Blob([`import ${JSON.stringify(script)};`], { type: 'text/javascript' }));
}
