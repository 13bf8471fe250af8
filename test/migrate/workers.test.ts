/** Where the cores of a migration run: as told, or like that of the context whose storage takes part. */
import { Worker } from 'node:worker_threads';
import { migrate, setup } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { failureOf } from '../support/failure-of.ts';

const script = new URL('../../dist/core-node.js', import.meta.url);
const memory = { storage: 'memory_db' };

/** Makes workers, and counts them. */
function workers() {
  const made: Worker[] = [];
  const make = (): Worker => {
    const worker = new Worker(script);
    made.push(worker);
    return worker;
  };
  return { made, make };
}

/** The content of a database, as a user chooses it in a page. */
async function file(): Promise<Blob> {
  await using cl = await setup({ persistence_config: memory, worker: false });
  return await cl.exportDatabase();
}

test('a migration from or into the storage of a context starts its workers like that context', async () => {
  const { made, make } = workers();
  await using cl = await setup({ persistence_config: memory, worker: make });
  await migrate({ storage: 'memory_db', from: await file() }, { storage: cl.persistence });
  expect(made).toHaveLength(2);
  await migrate({ storage: cl.persistence }, memory, { dry_run: true });
  expect(made).toHaveLength(3);
  // The context of a storage without a core knows what its page needs, too.
  await using plain = await setup({ worker: make });
  await migrate(memory, { storage: plain.persistence });
  expect(made).toHaveLength(4);
});

test('the option worker goes before that of the context, and is for all databases that are opened', async () => {
  const { made, make } = workers();
  const other = workers();
  await using cl = await setup({ persistence_config: memory, worker: make });
  await migrate(memory, { storage: cl.persistence }, { worker: other.make });
  expect([made.length, other.made.length]).toEqual([1, 1]);
  await migrate(memory, { storage: cl.persistence }, { worker: false });
  await migrate(memory, memory, { worker: false });
  expect([made.length, other.made.length]).toEqual([1, 1]);
  await migrate(memory, memory, { worker: other.make });
  expect([made.length, other.made.length]).toEqual([1, 3]);
});

test('a worker that is none is refused like that of setup()', async () => {
  const wrong = { worker: 'yes' } as unknown as { worker: boolean };
  const error = await failureOf(migrate(memory, memory, wrong));
  expect([error.name, error.message]).toEqual([
    'InvalidOption',
    'migrate(): the option worker cannot be a string: true, false or a function is expected.',
  ]);
});
