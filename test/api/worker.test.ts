/** The worker that runs the core: errors come out of it intact, and its end is noticed. */
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  CinderlibError,
  ContextClosed,
  DatabaseLocked,
  InvalidOption,
  isCinderlibError,
  KeyValue,
  OutcomeUnknown,
  setup,
  ValueError,
  VolumeNotFound,
  WorkerLost,
} from 'cinderlib-wasm';
import { describe, expect, test, vi } from 'vitest';
import { inTemporaryFolder } from '../support/golden.ts';

const coreScript = new URL('../../dist/core-node.js', import.meta.url);
const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

async function errorOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.unreachable('it should have failed'),
    (error: Error) => error,
  );
}

describe.each([true, false])('with worker: %s', (worker) => {
  test('errors have their class, code and fields', async () => {
    const cl = await setup({ persistence_config: { storage: 'memory_db' }, worker });
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: driver });
    const volume = await backend.createVolume(1);
    await cl.persistence.deleteVolume(volume);
    volume.display_name = 'gone';
    const error = await errorOf(volume.save());
    expect(error).toBeInstanceOf(VolumeNotFound);
    expect(error).toBeInstanceOf(CinderlibError);
    expect(error).toMatchObject({
      name: 'VolumeNotFound',
      code: 'VOLUME_NOT_FOUND',
      volume_id: volume.id,
      message: `Volume ${volume.id} could not be found.`,
    });
    expect(isCinderlibError(error)).toBe(true);
    await cl.close();
  });

  test('a failed open names the holder of the lock', async () => {
    await inTemporaryFolder(async (folder) => {
      const persistence_config = { storage: 'db', connection: `sqlite:///${join(folder, 'cl.sqlite')}` };
      const cl = await setup({ persistence_config, worker });
      const error = await errorOf(setup({ persistence_config, worker }));
      expect(error).toBeInstanceOf(DatabaseLocked);
      expect(error).toMatchObject({ pid: process.pid });
      await cl.close();
      await (await setup({ persistence_config, worker })).close();
    });
  });

  test('a failed write among many rejects alone', async () => {
    const cl = await setup({ persistence_config: { storage: 'memory_db' }, worker });
    const values = Array.from({ length: 50 }, (_, n) => (n === 25 ? '\ud800' : String(n)));
    const results = await Promise.allSettled(
      values.map((value, n) => cl.persistence.setKeyValue(new KeyValue(`k${n}`, value))),
    );
    expect(results.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))).toEqual([25]);
    expect((results[25] as PromiseRejectedResult).reason).toBeInstanceOf(ValueError);
    expect((await cl.persistence.getKeyValues()).length).toBe(49);
    await cl.close();
  });

  test('every call of a closed context fails with ContextClosed', async () => {
    const cl = await setup({ persistence_config: { storage: 'memory_db' }, worker });
    const { persistence } = cl;
    await cl.close();
    await cl.close();
    expect(await errorOf(persistence.getVolumes())).toBeInstanceOf(ContextClosed);
    expect(await errorOf(cl.Volume.getById('x'))).toBeInstanceOf(ContextClosed);
    expect(await errorOf(cl.info())).toBeInstanceOf(ContextClosed);
    expect(await errorOf(cl.setPersistence({ storage: 'memory' }))).toBeInstanceOf(ContextClosed);
  });
});

test('a core on the calling thread gives the same texts as one in a worker', async () => {
  const texts = await Promise.all(
    [true, false].map(async (worker) => {
      const cl = await setup({ persistence_config: { storage: 'memory_db' }, worker, host: 'h' });
      const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: driver });
      const times = { created_at: '2020-01-01T00:00:00.000001Z' };
      await backend.createVolume(1, { id: 'v1', ...times, extra_specs: { e: '1' }, metadata: { b: '2', a: '1' } });
      const [volume] = await cl.persistence.getVolumes();
      const text = (volume?.jsons() ?? '').replace(/"created_at":"(?!2020)[^"]*"/g, '"created_at":NOW');
      await cl.close();
      return text;
    }),
  );
  expect(texts[0]).toContain('"metadata":{"b":"2","a":"1"}');
  expect(texts[0]).toBe(texts[1]);
});

describe('a worker', () => {
  test('that dies rejects waiting writes as unknown and reads as lost, and all later calls as lost', async () => {
    let thread: Worker | undefined;
    const worker = () => {
      thread = new Worker(coreScript);
      return thread;
    };
    const cl = await setup({ persistence_config: { storage: 'memory_db' }, worker });
    const write = errorOf(cl.persistence.setKeyValue(new KeyValue('k', 'v')));
    const read = errorOf(cl.persistence.getKeyValues());
    await thread?.terminate();
    expect(await write).toBeInstanceOf(OutcomeUnknown);
    expect((await write).cause).toBeInstanceOf(WorkerLost);
    expect(await read).toBeInstanceOf(WorkerLost);
    const later = await errorOf(cl.persistence.setKeyValue(new KeyValue('k', 'v')));
    expect(later).toBeInstanceOf(WorkerLost);
    expect(later.message).toContain('call setup() again');
    await cl.close();
    expect(() => cl.persistence).toThrow(ContextClosed);
  });

  test('without a script fails setup()', async () => {
    const worker = () => new Worker(new URL('file:///nowhere/core.js'));
    const error = await errorOf(setup({ persistence_config: { storage: 'memory_db' }, worker }));
    expect(error).toBeInstanceOf(WorkerLost);
    expect(error.message).toContain('/nowhere/core.js');
  });

  test('that the given function does not return fails setup()', async () => {
    // A SharedWorker has events too, but none of these can be terminated.
    for (const made of [{}, 5, null, undefined, new EventTarget(), new EventEmitter()]) {
      const worker = (() => made) as unknown as () => Worker;
      const error = await errorOf(setup({ persistence_config: { storage: 'memory_db' }, worker }));
      expect(error).toBeInstanceOf(InvalidOption);
    }
  });
});

describe('a worker that is returned a second time', () => {
  const persistence_config = { storage: 'memory_db' };
  const taken = /another context uses or has used\. Make a new one at each call/;

  test('is refused, and the context that uses it goes on', async () => {
    const thread = new Worker(coreScript);
    const cl = await setup({ persistence_config, worker: () => thread });
    const error = await errorOf(setup({ persistence_config, worker: () => thread }));
    expect([error.name, error.message]).toEqual(['InvalidOption', expect.stringMatching(taken)]);
    await cl.persistence.setKeyValue(new KeyValue('k', 'v'));
    expect(await cl.persistence.getKeyValues()).toHaveLength(1);
    expect(await errorOf(cl.setPersistence(persistence_config))).toBeInstanceOf(InvalidOption);
    expect(await cl.persistence.getKeyValues()).toHaveLength(1);
    await cl.close();
  });

  test('is refused after its context was closed, which has terminated it', async () => {
    const thread = new Worker(coreScript);
    await (await setup({ persistence_config, worker: () => thread })).close();
    const error = await errorOf(setup({ persistence_config, worker: () => thread }));
    expect([error.name, error.message]).toEqual(['InvalidOption', expect.stringMatching(taken)]);
  });
});

test.each(['an older', 'a later'])('a worker script of %s version of this library is refused', async (which) => {
  const program = `
    const { parentPort } = require('node:worker_threads');
    const post = parentPort.postMessage.bind(parentPort);
    parentPort.postMessage = (message, ...rest) => {
      const opened = message.value?.value;
      if (opened?.default_type) ${which === 'an older' ? 'delete opened.version' : 'opened.version += 1'};
      post(message, ...rest);
    };
    import(${JSON.stringify(coreScript.href)});`;
  let made: Worker | undefined;
  const worker = (): Worker => {
    made = new Worker(program, { eval: true });
    return made;
  };
  const error = await errorOf(setup({ persistence_config: { storage: 'memory_db' }, worker }));
  expect(error).toBeInstanceOf(WorkerLost);
  expect(error.message).toMatch(/another version of this library .* reload the page/);
  await expect.poll(() => made?.threadId).toBe(-1);
});

test('a worker is given all the time that it needs to open a database, once it has answered', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  const begun = vi.spyOn(globalThis, 'setInterval');
  try {
    const cl = await setup({ persistence_config: { storage: 'memory_db' }, worker: () => new Worker(coreScript) });
    expect(begun).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
    await cl.close();
  } finally {
    vi.restoreAllMocks();
    vi.useRealTimers();
  }
});
