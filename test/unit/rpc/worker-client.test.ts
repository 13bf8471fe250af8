/** The page's end of a worker: what becomes of a call that the worker does not answer. */
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WorkerClient } from '../../../src/rpc/worker-client.ts';
import { config } from '../sql/open-core.ts';

/** A script that never answers. */
const listening = "require('node:worker_threads').parentPort.on('message', () => {})";

async function errorOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.unreachable('it should have failed'),
    (error: Error) => error,
  );
}

test('a worker whose answer cannot be deserialised is lost, instead of being waited for', async () => {
  // What Node reports for a message that it cannot deserialise.
  class Garbled extends Worker {
    override postMessage(): void {
      setTimeout(() => this.emit('messageerror', new Error('Unable to deserialize cloned data.')), 0);
    }
  }
  const client = new WorkerClient(() => new Garbled(listening, { eval: true }));
  const error = await errorOf(client.call({ kind: 'getKeyValues', key: null }));
  expect([error.name, error.message]).toEqual(['WorkerLost', expect.stringContaining('could not be read')]);
  await client.close();
});

describe('a worker whose script is not that of the core', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] }));
  afterEach(() => void vi.useRealTimers());

  test('is given up after a minute in which it could have answered, however late it is', async () => {
    const client = new WorkerClient(() => new Worker(listening, { eval: true }));
    let error: Error | null = null;
    const opening = client.open(config).catch((reason: Error) => {
      error = reason;
    });
    vi.advanceTimersByTime(59_000);
    // The page was frozen for a day.
    vi.setSystemTime(Date.now() + 86_400_000);
    await new Promise((done) => setTimeout(done, 10));
    expect(error).toBe(null);
    vi.advanceTimersByTime(1000);
    await opening;
    const message = expect.stringContaining('not core.js of this library');
    expect(error).toMatchObject({ name: 'WorkerLost', message });
    expect(vi.getTimerCount()).toBe(0);
    await client.close();
  });

  test('is not waited for any more once its context is closed', async () => {
    const client = new WorkerClient(() => new Worker('setInterval(() => {}, 1000)', { eval: true }));
    const unanswered = errorOf(client.open(config));
    await client.close();
    expect(await unanswered).toHaveProperty('name', 'ContextClosed');
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('the process is kept alive until a terminated worker has ended, even if a call still waits', async () => {
  const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
  const said: string[] = [];
  const { terminate, unref } = worker;
  Object.assign(worker, {
    terminate() {
      said.push('terminate');
      return terminate.call(worker);
    },
    unref() {
      said.push('unref');
      unref.call(worker);
    },
  });
  const client = new WorkerClient(() => worker);
  const unanswered = errorOf(client.call({ kind: 'info' }));
  await client.close();
  expect(await unanswered).toHaveProperty('name', 'ContextClosed');
  expect(said.slice(said.indexOf('terminate'))).toEqual(['terminate']);
});
