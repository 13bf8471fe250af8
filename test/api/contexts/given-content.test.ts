/** The option `from`: content for a new database, which replaces no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { errorOf } from '../../support/error-of.ts';
import { copyGolden, inTemporaryFolder } from '../../support/golden.ts';

const db = (path: string) => ({ persistence_config: { storage: 'db', connection: `sqlite:///${path}` } });

test('a Blob whose file has changed since it was chosen is refused', async () => {
  const from = new Blob(['x']);
  const cause = new DOMException('The file could not be read.', 'NotReadableError');
  from.arrayBuffer = async () => {
    throw cause;
  };
  for (const storage of ['memory_db', 'db']) {
    const options = storage === 'db' ? { connection: 'sqlite://' } : {};
    const error = await errorOf(setup({ persistence_config: { storage, from, ...options } }));
    expect([error.name, error.cause]).toEqual(['InvalidPersistence', cause]);
  }
});

test.each([
  [{ storage: 'memory_db' }, ':memory:'],
  [{ storage: 'db', connection: 'sqlite:///empty.sqlite' }, 'empty.sqlite'],
])('empty content for the option from is no database: %o', async (config, path) => {
  for (const from of [new Blob([]), new Uint8Array()]) {
    const error = await errorOf(setup({ persistence_config: { ...config, from } }));
    expect([error.name, error.message]).toEqual([
      'NotADatabase',
      `${path}: the content given as 'from' is empty. The file was not changed.`,
    ]);
  }
});

test.each([
  [{ storage: 'memory_db' }, ':memory:'],
  [{ storage: 'db', connection: 'sqlite:///junk.sqlite' }, join(process.cwd(), 'junk.sqlite')],
])('content for the option from that is no database is called so, and nothing is created: %o', async (config, path) => {
  for (const from of [new Blob(['junk, and more of it']), new Uint8Array(5000).fill(7), new Uint8Array([0, 1])]) {
    const error = await errorOf(setup({ persistence_config: { ...config, from } }));
    expect([error.name, error.message]).toEqual([
      'NotADatabase',
      `${path}: the content given as 'from' is no SQLite database. Nothing was created.`,
    ]);
    expect(readdirSync('.').filter((name) => name.startsWith('junk.sqlite'))).toEqual([]);
  }
});

test('the option from creates a database from bytes, and never replaces one', async () => {
  await inTemporaryFolder(async (folder) => {
    const golden = readFileSync(copyGolden('one.sqlite', join(folder, 'one.sqlite')));
    const path = join(folder, 'cl.sqlite');
    const config = { ...db(path).persistence_config, from: new Blob([golden]) };
    const cl = await setup({ persistence_config: config, fail_on_missing_backend: false });
    expect((await cl.persistence.getVolumes()).length).toBe(1);
    const exported = new Uint8Array(await (await cl.exportDatabase()).arrayBuffer());
    expect(Buffer.from(exported).equals(golden)).toBe(true);
    await cl.close();
    expect((await errorOf(setup({ persistence_config: config }))).name).toBe('DatabaseExists');
    const inMemory = await setup({
      persistence_config: { storage: 'memory_db', from: golden },
      fail_on_missing_backend: false,
    });
    expect((await inMemory.persistence.getVolumes()).length).toBe(1);
    await inMemory.close();
  });
});
