/** The worker that runs the core: errors come out of it intact, its end is noticed, and it keeps no process alive. */
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { closeSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
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
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startWorker } from '../../src/rpc/start-worker.ts';
import { WorkerClient } from '../../src/rpc/worker-client.ts';
import { inTemporaryFolder } from '../support/golden.ts';
import { config } from './sql/open-core.ts';

const coreScript = new URL('../../dist/core-node.js', import.meta.url);
const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

async function errorOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.unreachable('it should have failed'),
    (error: Error) => error,
  );
}

/** Runs a program in a process of its own, and waits until it ends by itself. */
function runProgram(body: string, seconds = 20): Promise<{ code: number | null; out: string; errors: string }> {
  const index = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
  const program = `import { KeyValue, setup } from ${JSON.stringify(index)};\n${body}`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
    let [out, errors] = ['', ''];
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (errors += data));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`The process did not end by itself. ${out}${errors}`));
    }, seconds * 1000);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, out, errors });
    });
  });
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

  test('whose answer cannot be deserialised is lost, instead of being waited for', async () => {
    // What Node reports for a message that it cannot deserialise.
    class Garbled extends Worker {
      override postMessage(): void {
        setTimeout(() => this.emit('messageerror', new Error('Unable to deserialize cloned data.')), 0);
      }
    }
    const client = new WorkerClient(() => new Garbled(coreScript));
    const error = await errorOf(client.call({ kind: 'getKeyValues', key: null }));
    expect([error.name, error.message]).toEqual(['WorkerLost', expect.stringContaining('could not be read')]);
    await client.close();
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

describe('a worker whose script is not that of the core', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] }));
  afterEach(() => void vi.useRealTimers());

  test('is given up after a minute in which it could have answered, however late it is', async () => {
    const listening = "require('node:worker_threads').parentPort.on('message', () => {})";
    const client = new WorkerClient(() => new Worker(listening, { eval: true }));
    let error: Error | null = null;
    const opening = client.call({ kind: 'open', config }).catch((reason: Error) => {
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

  test('is given all the time that it needs to open a database, once it has answered', async () => {
    const client = new WorkerClient(() => new Worker(coreScript));
    const opening = client.call({ kind: 'open', config });
    expect(vi.getTimerCount()).toBe(1);
    await opening;
    expect(vi.getTimerCount()).toBe(0);
    await client.close();
  });

  test('is not waited for any more once its context is closed', async () => {
    const client = new WorkerClient(() => new Worker('setInterval(() => {}, 1000)', { eval: true }));
    const unanswered = errorOf(client.call({ kind: 'open', config }));
    await client.close();
    expect(await unanswered).toHaveProperty('name', 'ContextClosed');
    expect(vi.getTimerCount()).toBe(0);
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

describe('the process', () => {
  test('is kept alive until a terminated worker has ended, even if a call still waits', async () => {
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

  test('ends by itself after close()', async () => {
    const { code, out, errors } = await runProgram(
      "const cl = await setup({ persistence_config: { storage: 'memory_db' } });" +
        "await cl.persistence.setKeyValue(new KeyValue('k', 'v')); await cl.close(); console.log('done');",
    );
    expect({ code, out, errors }).toEqual({ code: 0, out: 'done\n', errors: '' });
  });

  test('ends by itself even if a context was not closed', async () => {
    const { code, out, errors } = await runProgram(
      "const cl = await setup({ persistence_config: { storage: 'memory_db' } });" +
        "await cl.persistence.setKeyValue(new KeyValue('k', 'v')); console.log('done');",
    );
    expect({ code, out, errors }).toEqual({ code: 0, out: 'done\n', errors: '' });
  });

  test('does not end while a call waits for its answer', async () => {
    await inTemporaryFolder(async (folder) => {
      const url = JSON.stringify(`sqlite:///${join(folder, 'cl.sqlite')}`);
      const { code, out } = await runProgram(
        `const cl = await setup({ persistence_config: { storage: 'db', connection: ${url} } });` +
          "for (let n = 0; n < 20; n++) await cl.persistence.setKeyValue(new KeyValue('k' + n, 'v'));" +
          'console.log((await cl.persistence.getKeyValues()).length);',
      );
      expect({ code, out }).toEqual({ code: 0, out: '20\n' });
    });
  });

  test('is kept alive by a waiting call on its own thread, and no longer once it is answered', async () => {
    const { out } = await runProgram(
      "const cl = await setup({ persistence_config: { storage: 'memory_db' }, worker: false });" +
        "const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;" +
        'const waiting = cl.persistence.getKeyValues(); await null; const meanwhile = timers();' +
        'await waiting; console.log(meanwhile, timers());',
    );
    expect(out).toBe('1 0\n');
  });

  test.each([
    ['by itself', true, '', 0],
    ['by itself', false, '', 0],
    ['by process.exit()', true, 'process.exit(0);', 0],
    ['by process.exit()', false, 'process.exit(0);', 0],
    ['by an uncaught error', true, "setTimeout(() => { throw new Error('uncaught'); }, 10);", 1],
    ['by an uncaught error', false, "await Promise.reject(new Error('uncaught'));", 1],
  ])('that ends %s without close(), with worker: %s, leaves no lock file', async (_, worker, end, expected) => {
    await inTemporaryFolder(async (folder) => {
      const config = { storage: 'db', connection: `sqlite:///${join(folder, 'cl.sqlite')}` };
      const { code, errors } = await runProgram(
        `const cl = await setup({ persistence_config: ${JSON.stringify(config)}, worker: ${worker} });` +
          `await cl.persistence.setKeyValue(new KeyValue('k', 'v'));${end}`,
      );
      expect(errors.includes('Error: uncaught')).toBe(expected === 1);
      expect(code).toBe(expected);
      expect(existsSync(join(folder, 'cl.sqlite'))).toBe(true);
      expect(existsSync(join(folder, 'cl.sqlite.lock'))).toBe(false);
    });
  });

  test('that ends does not remove the lock file of another process', async () => {
    await inTemporaryFolder(async (folder) => {
      const database = join(folder, 'cl.sqlite');
      const config = { storage: 'db', connection: `sqlite:///${database}` };
      const { code } = await runProgram(
        `const cl = await setup({ persistence_config: ${JSON.stringify(config)} });` +
          `process.getBuiltinModule('fs').writeFileSync(${JSON.stringify(`${database}.lock`)}, 'not ours');`,
      );
      expect(code).toBe(0);
      expect(readFileSync(`${database}.lock`, 'utf8')).toBe('not ours');
    });
  });

  test('that ended without close() leaves a database that opens at once', async () => {
    await inTemporaryFolder(async (folder) => {
      const connection = `sqlite:///${join(folder, 'cl.sqlite')}`;
      const { code } = await runProgram(
        `const cl = await setup({ persistence_config: { storage: 'db', connection: ${JSON.stringify(connection)} } });` +
          "await cl.persistence.setKeyValue(new KeyValue('k', 'v'));",
      );
      expect(code).toBe(0);
      const cl = await setup({ persistence_config: { storage: 'db', connection } });
      expect((await cl.persistence.getKeyValues('k')).map(({ value }) => value)).toEqual(['v']);
      await cl.close();
    });
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
