/** A worker that the caller of `setup` may make, described without the types of either platform. */

/** A Web Worker, or a worker thread of `node:worker_threads`. */
export interface AnyWorker {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

/** A message port, described in the same way. */
export interface AnyPort {
  postMessage(message: unknown): void;
  close(): void;
}
