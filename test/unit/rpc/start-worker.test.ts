/** Starting and ending the worker of the core: files that it had open stay open. */
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { test } from 'vitest';
import { startWorker } from '../../../src/rpc/start-worker.ts';

/** Makes the library's worker run other code; returns its first message once the worker was terminated. */
async function endedWorker(code: string): Promise<unknown> {
  const { getBuiltinModule } = process;
  let said: Promise<unknown> = Promise.resolve();
  class OtherWorker extends Worker {
    constructor(_: URL, options: WorkerOptions) {
      super(code, { ...options, eval: true });
      said = once(this, 'message').then(([message]) => message);
    }
  }
  process.getBuiltinModule = ((name: string) =>
    name === 'node:worker_threads' ? { Worker: OtherWorker } : getBuiltinModule(name)) as typeof getBuiltinModule; // All that is used of it.
  try {
    const worker = startWorker();
    worker.keepAlive(true);
    const message = await said;
    await worker.terminate();
    return message;
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
}

test('a file descriptor of a reader outlives its worker, since closing it would drop the lock of a writer', async () => {
  const file = JSON.stringify(fileURLToPath(import.meta.url));
  const descriptor = await endedWorker(
    `require('node:worker_threads').parentPort.postMessage(require('node:fs').openSync(${file}))`,
  );
  // Throws if the descriptor is closed.
  closeSync(Number(descriptor));
});
