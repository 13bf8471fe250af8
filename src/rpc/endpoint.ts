/** Starts the worker that the core runs in, and hides what runtimes call things. */
import type { Endpoint } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { InvalidOption, WorkerLost } from '../errors/index.ts';
import { builtin } from '../runtime.ts';
import type { AnyWorker } from './any-worker.ts';

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
  const worker = make === undefined ? ownWorker() : make();
  if (isWebWorker(worker)) return webWorker(worker);
  if (isWorkerThread(worker)) return workerThread(worker);
  throw new InvalidOption('The function given as `worker` must return a Worker.');
}

function ownWorker(): AnyWorker {
  const threads = builtin('node:worker_threads');
  if (threads !== undefined) {
    return new threads.Worker(new URL('./core-node.js', import.meta.url), {
      // Flags of the program, such as `--input-type` or a loader for its own sources, are not meant for the worker.
      execArgv: [],
      // Node would close what a reader leaves open for the sake of a writer's lock, see media/read-only.ts.
      trackUnmanagedFds: false,
    });
  }
  if (typeof Worker === 'function') return browserWorker();
  throw new WorkerLost(
    'This runtime has no workers that the library knows how to start. ' +
      'Pass worker: false to run the core on the calling thread.',
  );
}

function browserWorker(): Worker {
  const { origin, protocol } = new URL(import.meta.url);
  const isForeign = protocol.startsWith('http') && origin !== location.origin;
  // In one expression, for this is what bundlers look for.
  if (!isForeign) return new Worker(new URL('./core.js', import.meta.url), { type: 'module' });
  // A worker's script must come from the page's own origin, but what that script imports need not.
  const script = `import ${JSON.stringify(new URL(['.', 'core.js'].join('/'), import.meta.url))};`;
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  return new Worker(url, { type: 'module' });
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

function webWorker(worker: Worker): WorkerHandle {
  return {
    endpoint: worker,
    onLost(callback) {
      worker.addEventListener('error', (event) => callback(new Error(event.message || 'The worker script failed.')));
      worker.addEventListener('messageerror', () => callback(new Error('A message of the worker could not be read.')));
    },
    // Browsers have no process to keep alive.
    keepAlive() {},
    async terminate() {
      worker.terminate();
    },
  };
}
