/** Starts the worker that the core runs in, and hides the differences between runtimes. */
import type { Endpoint } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { InvalidOption, WorkerLost } from '../errors/index.ts';
import { builtin, hasWorkers, isAllowed } from '../runtime.ts';
import type { AnyWorker } from './any-worker.ts';
import { onWorkerError, type StartedScript, startScript } from './worker-script.ts';

/** A running worker. */
export interface WorkerHandle {
  readonly endpoint: Endpoint;
  /** Calls back when the worker ends or fails on its own. */
  onLost(callback: (reason: Error) => void): void;
  /** Sets whether the worker keeps the process alive; it does while a call is pending. */
  keepAlive(keep: boolean): void;
  terminate(): Promise<void>;
}

/** Starts the worker: the bundle's own, or the one that the given function makes. */
export function startWorker(make?: () => AnyWorker): WorkerHandle {
  return make === undefined ? ownWorker() : handleOf(make());
}

// A context terminates its worker when it ends; two on one worker would write into one database.
const taken = new WeakSet<AnyWorker>();

function handleOf(worker: AnyWorker): WorkerHandle {
  if (!isWebWorker(worker) && !isWorkerThread(worker)) {
    throw new InvalidOption('The function given as `worker` must return a Worker.');
  }
  if (taken.has(worker)) throw new InvalidOption(takenBefore);
  taken.add(worker);
  return isWebWorker(worker) ? webWorker(worker) : workerThread(worker);
}

const takenBefore =
  'The function given as `worker` returned a Worker that another context uses or has used. ' +
  'Make a new one at each call: () => new Worker(…).';

function ownWorker(): WorkerHandle {
  const threads = builtin('node:worker_threads');
  if (threads !== undefined) {
    try {
      // A single expression without variables, as bundlers look for.
      const script = new URL('./core-node.js', import.meta.url);
      return workerThread(new threads.Worker(startable(script), threadOptions()));
    } catch (cause) {
      throw notStarted(cause);
    }
  }
  if (hasWorkers()) return browserWorker();
  throw new WorkerLost(
    'This runtime has no workers that the library knows how to start. ' +
      'Pass worker: false to run the core on the calling thread.',
  );
}

/** Deno imports modules from the web, but its worker threads start from files and data alone. */
function startable(script: URL): URL {
  const { href, protocol } = script;
  const source = `import ${JSON.stringify(href)}`;
  return protocol === 'file:' ? script : new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

function notStarted(cause: unknown): WorkerLost {
  const reason = cause instanceof Error ? cause.message : String(cause);
  // A bundle in CommonJS has no address of its own; one without the worker's file beside it has a wrong one.
  const hint = isOfBundle(reason)
    ? '. Bundle this library as an ES module, with core-node.js and sql-wasm.wasm beside it.'
    : '';
  return new WorkerLost(`The worker of the persistence core cannot be started: ${reason}${hint}`, { cause });
}

const isOfBundle = (reason: string): boolean => /^Invalid URL|^Cannot find module .*core-node/.test(reason);

function threadOptions(): import('node:worker_threads').WorkerOptions {
  // Flags of the program, such as `--input-type` or a loader for its own sources, are not meant for the worker.
  const execArgv: string[] = [];
  // V8's young generation, which Node would let grow to 48 MB in each worker before it collects garbage: with this
  // limit the peak of a migration between two workers is 28 MB lower, at the same speed.
  const resourceLimits = { maxYoungGenerationSizeMb: 8 };
  // Node would otherwise close what a reader leaves open to keep a writer's lock, see media/filesystem/read-only.ts.
  const common = { execArgv, resourceLimits, trackUnmanagedFds: false };
  // Deno would ask for permission to copy the environment.
  return isAllowed({ name: 'env' }) ? common : { ...common, env: {} };
}

/** The bundle's own Web Worker. */
function browserWorker(): WorkerHandle {
  const script = startScript(() => new Worker(new URL('./core.js', import.meta.url), { type: 'module' }));
  return webWorker(script.worker, script);
}

type WorkerThread = import('node:worker_threads').Worker;

// The caller's function may not have returned an object at all, or a SharedWorker, which nobody can terminate.
const has = (worker: unknown, ...methods: readonly string[]): boolean =>
  Object(worker) === worker && methods.every((method) => method in Object(worker));
const isWebWorker = (worker: AnyWorker): worker is Worker => has(worker, 'addEventListener', 'terminate');
const isWorkerThread = (worker: AnyWorker): worker is WorkerThread => has(worker, 'on', 'terminate');

function workerThread(worker: WorkerThread): WorkerHandle {
  worker.unref();
  return {
    endpoint: nodeEndpoint(worker),
    onLost(callback) {
      worker.once('error', (cause) => {
        const error = cause instanceof Error ? cause : new Error(String(cause));
        callback(isOfBundle(error.message) ? notStarted(error) : error);
      });
      worker.once('messageerror', () => callback(unreadable()));
      worker.once('exit', (code) => callback(new Error(`The worker exited with code ${code}.`)));
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

/** @param script tells why it was not loaded; absent when the caller made the worker */
function webWorker(worker: Worker, script?: StartedScript): WorkerHandle {
  worker.addEventListener('message', () => script?.loaded(), { once: true });
  return {
    endpoint: worker,
    onLost(callback) {
      onWorkerError(worker, script, callback);
      worker.addEventListener('messageerror', () => callback(unreadable()));
    },
    // Browsers have no process to keep alive.
    keepAlive() {},
    async terminate() {
      script?.loaded();
      worker.terminate();
    },
  };
}

function unreadable(): Error {
  return new Error('A message from the worker could not be read.');
}
