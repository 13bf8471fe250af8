/**
 * A change of the file by another program while it is open here is noticed before anything is written: no change of
 * either program is lost, and the database can always be closed.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Cinderlib, KeyValue, PersistenceDriver, setup } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DatabaseChanged } from '../../src/errors/index.ts';
import type { SqliteEngine } from '../../src/sql/engines/sqlite/sqlite.ts';
import { openGuarded } from '../support/engines.ts';
import { python3 } from '../support/native-shell.ts';
import { nativeSql } from '../support/tables.ts';

let folder: string;
let database: string;
let engine: SqliteEngine | undefined;
let cl: Cinderlib | undefined;
beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'changed-')));
  database = path.join(folder, 'cl.sqlite');
});
afterEach(async () => {
  await engine?.close();
  await cl?.close();
  engine = undefined;
  cl = undefined;
  if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
});

const native = (sql: string): string => nativeSql(database, sql);
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error,
  );
const changed = (how: string) =>
  expect.objectContaining({
    name: 'DatabaseChanged',
    code: 'DATABASE_CHANGED',
    path: database,
    message: expect.stringContaining(how),
  });

describe('a file that another program wrote to', () => {
  /** Opens the database without a native lock, so that a native program can write to it. */
  async function openUnheld(): Promise<SqliteEngine> {
    engine = await openGuarded(database);
    await engine.run('CREATE TABLE t (id INTEGER PRIMARY KEY, value)');
    await engine.run("INSERT INTO t VALUES (1, 'ours')");
    return engine;
  }
  const rows = async (sql = 'SELECT group_concat(id) FROM t') => (await engine?.all(sql))?.rows[0]?.[0];

  const changes: readonly [string, string, () => void][] = [
    ['a transaction', '(change counter 2, now 3)', () => native("INSERT INTO t VALUES (2, 'theirs')")],
    ['several transactions', 'now 5)', () => native('CREATE TABLE u (id); INSERT INTO u VALUES (1); DELETE FROM t;')],
    ['a larger file', '(8192 bytes, now 12288)', () => fs.appendFileSync(database, Buffer.alloc(4096))],
    ['a changed modification time', 'its mtime changed', () => fs.utimesSync(database, 1, 1)],
    ['a switch to write-ahead log mode', 'write-ahead log', () => native('PRAGMA journal_mode=WAL; DELETE FROM t;')],
  ];
  test.each(changes)('%s is noticed before anything is written, and refresh() resolves it', async (_, how, change) => {
    const open = await openUnheld();
    change();
    const before = fs.readFileSync(database);
    const { mtimeMs } = fs.statSync(database);
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await failure(open.run("INSERT INTO t VALUES (3, 'ours')"));
      expect(error).toBeInstanceOf(DatabaseChanged);
      expect(error).toEqual(changed(how));
      expect(error).toHaveProperty('message', expect.stringContaining('Call refresh()'));
    }
    expect(await open.group([(connection) => connection.run('DELETE FROM t'), async () => 1])).toMatchObject([
      { status: 'rejected', reason: { name: 'DatabaseChanged' } },
      { status: 'rejected', reason: { name: 'DatabaseChanged' } },
    ]);
    expect(fs.readFileSync(database)).toEqual(before);
    expect(fs.statSync(database).mtimeMs).toBe(mtimeMs);
    await open.refresh();
    await open.run("INSERT INTO t VALUES (4, 'ours')");
    await open.run("INSERT INTO t VALUES (5, 'ours')");
    await open.close();
    expect(native('PRAGMA integrity_check; SELECT count(*) FROM t WHERE id >= 4')).toBe('ok\n2');
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });

  test('is not suspected after a change of our own that changes nothing', async () => {
    const open = await openUnheld();
    await open.run('UPDATE t SET value = value');
    await open.run('DELETE FROM t WHERE id = 2');
    await open.run("INSERT INTO t VALUES (2, 'ours too')");
    expect(await rows()).toBe('1,2');
  });

  test('is read with its new content, without a refresh()', async () => {
    const open = await openUnheld();
    expect(await rows()).toBe('1');
    native("INSERT INTO t VALUES (2, 'theirs'); CREATE TABLE u AS SELECT 7 AS x");
    expect(await rows()).toBe('1,2');
    expect(await rows('SELECT x FROM u')).toBe(7);
    await open.close();
    expect(native('PRAGMA integrity_check; SELECT group_concat(id) FROM t')).toBe('ok\n1,2');
  });

  test('is read anew by refresh() if a backup with the same change counter was restored', async () => {
    const open = await openUnheld();
    const backup = fs.readFileSync(database);
    await open.run("UPDATE t SET value = 'ours, later'");
    // It has the same counter and size as the current file, but a different content.
    const other = Buffer.from(backup.toString('latin1').replace('ours', 'THEY'), 'latin1');
    fs.readFileSync(database).copy(other, 24, 24, 28);
    fs.readFileSync(database).copy(other, 92, 92, 100);
    expect(await rows('SELECT value FROM t')).toBe('ours, later');
    fs.writeFileSync(database, other);
    expect(await failure(open.run("UPDATE t SET value = value || '!'"))).toEqual(changed('its mtime changed'));
    await open.refresh();
    await open.run("UPDATE t SET value = value || '!'");
    expect(await rows('SELECT value FROM t')).toBe('THEY!');
    expect(await rows('PRAGMA integrity_check')).toBe('ok');
  });

  test('cannot be refreshed while that program still uses it in write-ahead log mode', async () => {
    const open = await openUnheld();
    const shell = python3.start(database);
    await shell.run('PRAGMA journal_mode=WAL');
    await shell.run("INSERT INTO t VALUES (2, 'theirs')");
    expect(await failure(open.all('SELECT * FROM t'))).toEqual(changed('write-ahead log'));
    expect(await failure(open.run('DELETE FROM t'))).toMatchObject({ name: 'DatabaseLocked', pid: shell.pid });
    expect(await failure(open.refresh())).toMatchObject({ name: 'DatabaseLocked', pid: shell.pid });
    expect(await shell.run('SELECT count(*) FROM t')).toBe('2');
    await shell.close();
    expect(await failure(open.run('DELETE FROM t'))).toMatchObject({ name: 'DatabaseChanged' });
    await open.refresh();
    expect(await rows()).toBe('1,2');
    await open.run("INSERT INTO t VALUES (3, 'ours')");
    expect(native('SELECT group_concat(id) FROM t')).toBe('1,2,3');
  });

  test('is noticed even if the last own change failed', async () => {
    const open = await openUnheld();
    const failing = open.transaction(async (connection) => {
      await connection.run("INSERT INTO t VALUES (2, 'ours')");
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await open.run("INSERT INTO t VALUES (3, 'ours')");
    native("INSERT INTO t VALUES (4, 'theirs')");
    expect(await failure(open.run('DELETE FROM t'))).toBeInstanceOf(DatabaseChanged);
  });
});

describe('a context', () => {
  const set = (key: string) => cl?.persistence.setKeyValue(new KeyValue(key, 'v')) ?? expect.unreachable();
  async function openContext(worker: boolean): Promise<Cinderlib> {
    const connection = `sqlite:///${database}`;
    cl = await setup({ persistence_config: { storage: 'db', connection, busy_timeout: 300 }, worker });
    await set('first');
    return cl;
  }
  /** Every kind of call to a context. */
  const calls: readonly [string, (context: Cinderlib) => Promise<unknown>][] = [
    ['a read', (context) => context.persistence.getVolumes()],
    ['a write', () => set('second')],
    ['info()', (context) => context.info()],
    ['exportDatabase()', (context) => context.exportDatabase()],
    ['refresh()', (context) => context.refresh()],
  ];

  describe.each([true, false])('with worker: %s', (worker) => {
    test('fails every call after its file was replaced, and leaves the new file alone when closed', async () => {
      const context = await openContext(worker);
      fs.writeFileSync(`${database}.copy`, await (await context.exportDatabase()).bytes());
      fs.renameSync(`${database}.copy`, database);
      // The owner of the new file is in the middle of a transaction.
      fs.writeFileSync(`${database}-journal`, 'somebody’s');
      const before = fs.readFileSync(database);
      for (const [, call] of calls) {
        const error = await failure(call(context));
        expect(error).toEqual(changed('was moved, removed or replaced'));
        expect(error).toHaveProperty('message', expect.stringContaining('call setup()'));
      }
      await context.close();
      expect(fs.readFileSync(database)).toEqual(before);
      expect(fs.readFileSync(`${database}-journal`, 'utf8')).toBe('somebody’s');
      expect(fs.readdirSync(folder)).toEqual(['cl.sqlite', 'cl.sqlite-journal']);
      fs.rmSync(`${database}-journal`);
      await openContext(worker);
      expect(await cl?.persistence.getKeyValues('first')).toHaveLength(1);
    });

    test('fails every call after its file was removed, and creates no new one when closed', async () => {
      const context = await openContext(worker);
      fs.rmSync(database);
      fs.rmSync(`${database}-journal`);
      for (const [, call] of calls) expect(await failure(call(context))).toEqual(changed('was moved, removed'));
      await context.close();
      expect(fs.readdirSync(folder)).toEqual([]);
    });

    test('leaves an empty file that replaced its own empty file', async () => {
      const context = await openContext(worker);
      await context.close();
      fs.rmSync(database);
      engine = await openGuarded(database);
      fs.writeFileSync(`${database}.copy`, '');
      fs.renameSync(`${database}.copy`, database);
      await engine.close();
      expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
    });
  });

  test('works again after refresh()', async () => {
    const context = await openContext(false);
    // A native program could write only if nothing held the lock; the time can always be changed.
    fs.utimesSync(database, 1, 1);
    expect(await failure(set('second'))).toMatchObject({ name: 'DatabaseChanged' });
    await context.refresh();
    await set('second');
    expect(await context.persistence.getKeyValues()).toHaveLength(2);
  });

  test('refreshes its storage before the lists of its backends', async () => {
    const seen: string[] = [];
    class Plugin extends PersistenceDriver {
      override get db() {
        return null;
      }
      override async refresh() {
        seen.push('storage');
      }
      override async getVolumes() {
        seen.push('volumes');
        return [];
      }
    }
    cl = await setup({ persistence_config: { storage: Plugin } });
    const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
    await (await cl.backend({ volume_backend_name: 'b', volume_driver })).volumes();
    await cl.refresh();
    expect(seen).toEqual(['volumes', 'storage', 'volumes']);
  });
});
