/** Starts the worker that the core runs in, and hides what runtimes call things. */
import type { Endpoint } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { InvalidOption, WorkerLost } from '../errors/index.ts';
import { builtin, hasWorkers, isAllowed } from '../runtime.ts';
import type { AnyWorker } from './any-worker.ts';
import { loadFault, PolicyWatch, policyHint } from './load-fault.ts';

/** A running worker. */
export interface WorkerHandle {
  readonly endpoint: Endpoint;
  /** Calls back when the worker ends or fails by itself. */
  onLost(callback: (reason: Error) => void): void;
  /** Whether the worker keeps the process alive; it does while a call waits. */
  keepAlive(keep: boolean): void;
  terminate(): Promise<void>;
}

/** Starts the worker: the bundle's own, or the one that the given function makes. */
export function startWorker(make?: () => AnyWorker): WorkerHandle {
  return make === undefined ? ownWorker() : handleOf(make());
}

function handleOf(worker: AnyWorker): WorkerHandle {
  if (isWebWorker(worker)) return webWorker(worker);
  if (isWorkerThread(worker)) return workerThread(worker);
  throw new InvalidOption('The function given as `worker` must return a Worker.');
}

function ownWorker(): WorkerHandle {
  const threads = builtin('node:worker_threads');
  if (threads !== undefined) {
    try {
      // One expression, and no variable in it: bundlers look for this.
      return workerThread(new threads.Worker(new URL('./core-node.js', import.meta.url), threadOptions()));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WorkerLost(`The worker of the persistence core cannot be started: ${reason}`, { cause });
    }
  }
  if (hasWorkers()) return browserWorker();
  throw new WorkerLost(
    'This runtime has no workers that the library knows how to start. ' +
      'Pass worker: false to run the core on the calling thread.',
  );
}

function threadOptions(): import('node:worker_threads').WorkerOptions {
  // Flags of the program, such as `--input-type` or a loader for its own sources, are not meant for the worker.
  const execArgv: string[] = [];
  // Node would close what a reader leaves open for the sake of a writer's lock, see media/read-only.ts.
  const common = { execArgv, trackUnmanagedFds: false };
  // Deno would ask whether the environment may be copied.
  return isAllowed({ name: 'env' }) ? common : { ...common, env: {} };
}

/**
 * The bundle's own Web Worker. Bundlers look for the one expression below and put a file of their own into it,
 * whose name is nowhere else. It is learnt by standing in for `Worker` while the expression is evaluated: a
 * script from another origin is then started from here, and one that does not load can be asked for.
 */
function browserWorker(): WorkerHandle {
  const Native = globalThis.Worker;
  const policy = new PolicyWatch();
  let [script, startedAs] = ['', ''];
  function StandIn(url: string | URL, options?: WorkerOptions): Worker {
    script = String(url);
    startedAs = isForeign(script) ? importing(script) : script;
    return new Native(startedAs, startedAs === script ? options : { type: 'module' });
  }
  try {
    globalThis.Worker = StandIn as unknown as typeof Worker;
    return webWorker(new Worker(new URL('./core.js', import.meta.url), { type: 'module' }), async () => {
      const fault = await loadFault(script, startedAs, policy);
      policy.stop();
      return new WorkerLost(`The worker script ${script} cannot be loaded: ${fault}`);
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = policyHint(script, startedAs);
    throw new WorkerLost(`The worker script ${script} cannot be started: ${reason} ${hint}`, { cause });
  } finally {
    globalThis.Worker = Native;
  }
}

function isForeign(script: string): boolean {
  const { origin, protocol } = new URL(script);
  return protocol.startsWith('http') && origin !== location.origin;
}

/** A worker's script must come from the page's own origin, but what that script imports need not. */
function importing(script: string): string {
  return URL.createObjectURL(new Blob([`import ${JSON.stringify(script)};`], { type: 'text/javascript' }));
}

type WorkerThread = import('node:worker_threads').Worker;

// What the caller's function made may be no object at all.
const has = (worker: unknown, method: string): boolean => Object(worker) === worker && method in Object(worker);
const isWebWorker = (worker: AnyWorker): worker is Worker => has(worker, 'addEventListener');
const isWorkerThread = (worker: AnyWorker): worker is WorkerThread => has(worker, 'on');

function workerThread(worker: WorkerThread): WorkerHandle {
  worker.unref();
  return {
    endpoint: nodeEndpoint(worker),
    onLost(callback) {
      worker.once('error', (error) => callback(error instanceof Error ? error : new Error(String(error))));
      worker.once('exit', (code) => callback(new Error(`The worker ended with code ${code}.`)));
    },
    keepAlive(keep) {
      if (keep) worker.ref();
      else worker.unref();
    },
    async terminate() {
      await worker.terminate();
    },
  };
}

/** @param notLoaded says why the script was not loaded, where somebody knows which it is */
function webWorker(worker: Worker, notLoaded?: () => Promise<Error>): WorkerHandle {
  return {
    endpoint: worker,
    onLost(callback) {
      worker.addEventListener('error', ({ message }) => {
        // An error of the script has a message; a script that was not loaded has none.
        if (message || notLoaded === undefined) callback(new Error(message || 'The worker script failed.'));
        else notLoaded().then(callback, callback);
      });
      worker.addEventListener('messageerror', () => callback(new Error('A message of the worker could not be read.')));
    },
    // Browsers have no process to keep alive.
    keepAlive() {},
    async terminate() {
      worker.terminate();
    },
  };
}
