/**
 * Single encounters of a native program and this library: a transaction of the other is left alone, waited for, and
 * named in the error; and what native SQLite may do while this library has the database open.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cinderlib, DatabaseChanged, DatabaseLocked, KeyValue, setup } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { needs } from '../support/native-programs.ts';
import { type NativeShell, sqlite3 } from '../support/native-shell.ts';
import { integrity } from '../support/tables.ts';
import { withoutNativeSqlite } from '../support/without-native-sqlite.ts';

/** How long this library waits for a lock here, in milliseconds. */
const patience = 150;
const table = 'cinderlib_persistence_key_value';

let folder: string;
let path: string;
let native: NativeShell;
beforeEach(async () => {
  needs('sqlite3');
  folder = mkdtempSync(join(tmpdir(), 'locks-'));
  path = join(folder, 'cl.sqlite');
  const cl = await open();
  await Promise.all(Array.from({ length: 40 }, (_, n) => set(cl, `k${n}`, 'old'.repeat(1000))));
  await cl.close();
  native = sqlite3.start(path);
});
afterEach(async () => {
  await native.close();
  rmSync(folder, { recursive: true });
});

const open = (options: Readonly<Record<string, unknown>> = {}, worker = false): Promise<Cinderlib> =>
  setup({
    persistence_config: { storage: 'db', connection: `sqlite:///${path}`, busy_timeout: patience, ...options },
    worker,
  });
const set = (cl: Cinderlib, key: string, value: string) => cl.persistence.setKeyValue(new KeyValue(key, value));
const get = async (cl: Cinderlib, key: string) => (await cl.persistence.getKeyValues(key))[0]?.value;
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => error,
  );

/** Everything about every file that reading must not change. */
function fingerprint(): Record<string, unknown> {
  const files = readdirSync(folder).map((name) => {
    const { ino, size, mtimeMs } = statSync(join(folder, name));
    return [
      name,
      {
        ino,
        size,
        mtimeMs,
        hash: createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      },
    ];
  });
  return Object.fromEntries(files) as Record<string, unknown>;
}

/** What a native program may be in the middle of. With a cache of two pages, its changes are already in the file. */
const transactions = {
  'has begun to write': `BEGIN IMMEDIATE; UPDATE ${table} SET value = 'new' WHERE key = 'k1';`,
  'has changed the file': `PRAGMA cache_size=2; BEGIN; UPDATE ${table} SET value = replace(value, 'old', 'new');`,
};

describe.each(Object.entries(transactions))('while a native program %s', (_, sql) => {
  test.for([false, true])(
    'opening fails with the process id of the lock holder, and touches nothing (worker: %s)',
    async (worker) => {
      expect(await native.run(sql)).toBe('');
      const before = fingerprint();
      expect(Object.keys(before)).toContain('cl.sqlite-journal');
      const error = await errorOf(open({}, worker));
      expect(error).toBeInstanceOf(DatabaseLocked);
      expect(error).toMatchObject({ pid: native.pid, message: expect.stringContaining(String(native.pid)) });
      expect(fingerprint()).toEqual(before);

      expect(await native.run('COMMIT;')).toBe('');
      const cl = await open({}, worker);
      expect(await get(cl, 'k1')).toMatch(/^new/);
      await cl.close();
      expect(integrity(path)).toBe('ok');
    },
  );

  test('opening waits for the end of its transaction', async () => {
    await native.run(sql);
    const opening = open({ busy_timeout: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await native.run('ROLLBACK;');
    const cl = await opening;
    expect(await get(cl, 'k1')).toMatch(/^old/);
    await cl.close();
  });

  test('reading shows the last commit, or fails with DatabaseLocked', async () => {
    await native.run(sql);
    const before = fingerprint();
    const found = await errorOf(
      open({ read_only: true }).then(async (cl) => expect(await get(cl, 'k1')).toMatch(/^old/)),
    );
    if (found !== 'no error') expect(found).toBeInstanceOf(DatabaseLocked);
    expect(fingerprint()).toEqual(before);
    expect(await native.run('COMMIT; PRAGMA integrity_check;')).toBe('ok');
  });
});

describe('while a native program has the database open in write-ahead log mode', () => {
  beforeEach(async () => {
    const begin = `PRAGMA journal_mode=WAL; UPDATE ${table} SET value = 'logged' WHERE key = 'k1';`;
    expect(await native.run(begin)).toBe('wal');
  });

  test('opening fails with its process id, and leaves its log untouched', async () => {
    // The shared memory of a log is no part of the database: every reader of the log writes to it.
    const { 'cl.sqlite-shm': shared, ...before } = fingerprint();
    expect(shared).toBeDefined();
    const error = await errorOf(open());
    expect(error).toBeInstanceOf(DatabaseLocked);
    expect(error).toMatchObject({ pid: native.pid });
    const { 'cl.sqlite-shm': sharedLater, ...later } = fingerprint();
    expect(later).toEqual(before);
    expect(sharedLater).toBeDefined();
    expect(await native.run(`SELECT value FROM ${table} WHERE key = 'k1'; PRAGMA integrity_check;`)).toBe('logged\nok');
  });

  test('reading shows what is in the log, or fails with DatabaseLocked', async () => {
    const before = fingerprint();
    const found = await errorOf(
      open({ read_only: true }).then(async (cl) => expect(await get(cl, 'k1')).toBe('logged')),
    );
    if (found !== 'no error') expect(found).toBeInstanceOf(DatabaseLocked);
    expect(fingerprint()).toEqual(before);
  });

  test('the database can be opened once that program has closed it', async () => {
    await native.close();
    const cl = await open();
    expect(await get(cl, 'k1')).toBe('logged');
    await cl.close();
    expect(readdirSync(folder)).toEqual(['cl.sqlite']);
  });
});

test('a save that a native reader blocks fails whole, and works once the reader has finished', async () => {
  const cl = await open();
  expect(await native.run(`BEGIN; SELECT count(*) FROM ${table};`)).toBe('40');
  const error = await errorOf(set(cl, 'k1', 'new'));
  expect(error).toBeInstanceOf(DatabaseLocked);
  expect(error).toMatchObject({ pid: native.pid });
  expect(await get(cl, 'k1')).toMatch(/^old/);
  const read = `SELECT count(*) FROM ${table} WHERE value LIKE 'old%'; PRAGMA integrity_check;`;
  expect(await native.run(read)).toBe('40\nok');
  expect(await native.run('COMMIT;')).toBe('');
  await set(cl, 'k1', 'new');
  expect(await native.run(`SELECT value FROM ${table} WHERE key = 'k1';`)).toBe('new');
  await cl.close();
});

describe('while this library has the database open', () => {
  test('native programs can read it', async () => {
    const cl = await open();
    await set(cl, 'k1', 'new');
    expect(await native.run(`SELECT value FROM ${table} WHERE key = 'k1'; PRAGMA integrity_check;`)).toBe('new\nok');
    await cl.close();
  });

  test('native programs cannot write to it until it is closed', async () => {
    const cl = await open();
    expect((await cl.info()).native_locks).toBe('held');
    await set(cl, 'k1', 'ours');
    expect(await native.run(`UPDATE ${table} SET value = 'native' WHERE key = 'k2';`)).toContain('database is locked');
    await set(cl, 'k2', 'ours');
    await cl.close();
    expect(await native.run(`UPDATE ${table} SET value = 'native' WHERE key = 'k2';`)).toBe('');
    expect(readdirSync(folder)).toEqual(['cl.sqlite']);
    expect(integrity(path)).toBe('ok');
  });

  test('without a native lock, writing after a native write fails with DatabaseChanged until refresh()', async () => {
    const cl = await withoutNativeSqlite(() => open());
    expect((await cl.info()).native_locks).not.toBe('held');
    await set(cl, 'k1', 'ours');
    expect(await native.run(`UPDATE ${table} SET value = 'native' WHERE key = 'k2';`)).toBe('');
    const before = fingerprint();
    expect(await errorOf(set(cl, 'k2', 'ours'))).toBeInstanceOf(DatabaseChanged);
    expect(await errorOf(set(cl, 'k3', 'ours'))).toBeInstanceOf(DatabaseChanged);
    expect(fingerprint()).toEqual(before);
    await cl.refresh();
    expect(await get(cl, 'k2')).toBe('native');
    await set(cl, 'k3', 'ours');
    await cl.close();
    expect(await native.run(`SELECT value FROM ${table} WHERE key IN ('k2', 'k3');`)).toBe('native\nours');
    expect(readdirSync(folder)).toEqual(['cl.sqlite']);
    expect(integrity(path)).toBe('ok');
  });
});
