/**
 * Locks of native programs are seen and respected where nothing can hold one for this library: a journal or log in
 * use is never rolled back, checkpointed or removed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DatabaseChanged, DatabaseLocked, OutcomeUnknown } from '../../src/errors/index.ts';
import { LockLevel } from '../../src/media/locks/lock-level.ts';
import { NativeLocks } from '../../src/media/locks/native-locks.ts';
import type { SqliteEngine } from '../../src/sql/engines/sqlite/sqlite.ts';
import { openGuarded } from '../support/engines.ts';
import { needed, needs } from '../support/native-programs.ts';
import { holdSharedMemory, type NativeShell, needsLockTable, python3, sqlite3 } from '../support/native-shell.ts';
import { nativeSql } from '../support/tables.ts';

let folder: string;
let database: string;
const shells: NativeShell[] = [];
const engines: SqliteEngine[] = [];
beforeEach((context) => {
  needsLockTable(context);
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'seeing-')));
  database = path.join(folder, 'cl.sqlite');
});
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
  for (const shell of shells.splice(0)) await shell.kill();
  if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
});

function start(program = python3): NativeShell {
  const shell = program.start(database);
  shells.push(shell);
  return shell;
}
async function open(options: Parameters<typeof openGuarded>[1] = {}): Promise<SqliteEngine> {
  const engine = await openGuarded(database, options);
  engines.push(engine);
  return engine;
}
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error,
  );
/** Every file of the folder with its bytes, except the shared memory, which every reader changes. */
const files = () =>
  Object.fromEntries(
    fs
      .readdirSync(folder)
      .filter((name) => !name.endsWith('-shm'))
      .map((name) => [name, fs.readFileSync(path.join(folder, name)).toString('latin1')]),
  );
const fill = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
  INSERT INTO t SELECT i, printf('old %0200d', i) FROM n`;

describe.each([python3, sqlite3])('a lock of $name', (program) => {
  test('is seen with its level and its process', async () => {
    const shell = start(program);
    await shell.run('CREATE TABLE t (id INTEGER PRIMARY KEY, value)');
    const descriptor = fs.openSync(database, 'r');
    const locks = NativeLocks.of(fs, database, descriptor, true) ?? expect.unreachable();
    const seen = async (sql: string) => {
      expect(await shell.run(sql)).not.toMatch(/error/);
      const { level, pids } = locks.others();
      return level === LockLevel.none ? pids : [level, ...pids];
    };
    expect(locks.others()).toEqual({ level: LockLevel.none, pids: [] });
    expect(await seen('BEGIN')).toEqual([]);
    expect(await seen('SELECT * FROM t')).toEqual([LockLevel.shared, shell.pid]);
    expect(await seen('COMMIT')).toEqual([]);
    expect(await seen('BEGIN IMMEDIATE')).toEqual([LockLevel.reserved, shell.pid]);
    expect(await seen('COMMIT')).toEqual([]);
    expect(await seen('BEGIN EXCLUSIVE')).toEqual([LockLevel.exclusive, shell.pid]);
    expect(await seen('COMMIT')).toEqual([]);
    // A connection in write-ahead log mode stays a reader between its transactions.
    expect(await seen('PRAGMA journal_mode=WAL')).toEqual([]);
    expect(await seen('INSERT INTO t VALUES (1, 1)')).toEqual([LockLevel.shared, shell.pid]);
    expect(await seen('PRAGMA journal_mode=DELETE')).toEqual([]);
    locks.close();
    fs.closeSync(descriptor);
  });

  test('is named by the error after busy_timeout', async () => {
    const shell = start(program);
    await shell.run('CREATE TABLE t (id)');
    const engine = await open({ busyTimeout: 150 });
    expect(engine.nativeLocks).toBe('seen');
    await shell.run('BEGIN IMMEDIATE');
    const before = performance.now();
    const error = await failure(engine.run('INSERT INTO t VALUES (1)'));
    expect(performance.now() - before).toBeGreaterThan(149);
    expect(error).toBeInstanceOf(DatabaseLocked);
    expect(error).toMatchObject({ code: 'DATABASE_LOCKED', pid: shell.pid, host: os.hostname() });
    expect(error).toHaveProperty('message', expect.stringContaining(`${database} is in use by process ${shell.pid} (`));
    expect(error).toHaveProperty('message', expect.stringContaining('busy_timeout'));
    await shell.run('COMMIT');
    await engine.run('INSERT INTO t VALUES (2)');
    expect(await shell.run('SELECT group_concat(id) FROM t')).toBe('2');
  });

  test('is waited for', async () => {
    const shell = start(program);
    await shell.run('CREATE TABLE t (id)');
    const engine = await open({ busyTimeout: 20_000 });
    await shell.run('BEGIN');
    await shell.run('SELECT * FROM t');
    const write = engine.run('INSERT INTO t VALUES (1)').then(() => 'written');
    expect(await Promise.race([write, new Promise((resolve) => setTimeout(resolve, 100, 'waiting'))])).toBe('waiting');
    await shell.run('COMMIT');
    expect(await write).toBe('written');
  });
});

describe('a lock that SQLite did not take', () => {
  const holder = (lock: string) => `
import fcntl, os, struct, sys
descriptor = os.open(sys.argv[1], os.O_RDWR)
${lock}
print('held', flush=True)
sys.stdin.read()
`;
  /** F_OFD_SETLK, which has no name in Python, with a struct flock. */
  const descriptionLock = (type: string, from: number, length: number) =>
    `fcntl.fcntl(descriptor, 37, struct.pack('hhqqi4x', fcntl.${type}, os.SEEK_SET, ${from}, ${length}, 0))`;
  async function hold(lock: string): Promise<() => Promise<void>> {
    const child = spawn(needed('python3'), ['-c', holder(lock), database], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return async () => {
      child.stdin.end();
      await once(child, 'exit');
    };
  }

  test('is respected on the whole file or by an open file description, but not on unrelated bytes', async () => {
    const engine = await open({ busyTimeout: 0 });
    await engine.run('CREATE TABLE t (id)');
    const wholeFile = 'fcntl.lockf(descriptor, fcntl.LOCK_EX)';
    const sharedBytes = descriptionLock('F_RDLCK', 1073741826, 510);
    for (const lock of [wholeFile, sharedBytes]) {
      const release = await hold(lock);
      expect(await failure(engine.run('INSERT INTO t VALUES (1)'))).toBeInstanceOf(DatabaseLocked);
      await release();
    }
    const release = await hold('fcntl.lockf(descriptor, fcntl.LOCK_EX, 100, 0)');
    await engine.run('INSERT INTO t VALUES (1)');
    await release();
  });

  test('names no process if an open file description holds it', async () => {
    const engine = await open({ busyTimeout: 0 });
    await engine.run('CREATE TABLE t (id)');
    const release = await hold(descriptionLock('F_WRLCK', 1073741825, 1));
    const error = await failure(engine.run('INSERT INTO t VALUES (1)'));
    expect(error).toMatchObject({ name: 'DatabaseLocked', pid: null });
    expect(error).toHaveProperty('message', expect.stringContaining('in use by another program'));
    await release();
  });

  test('does not count while a process only waits for it', async () => {
    const engine = await open({ busyTimeout: 0 });
    await engine.run('CREATE TABLE t (id)');
    const release = await hold('fcntl.lockf(descriptor, fcntl.LOCK_EX, 1, 5)');
    const waiter = spawn(needed('python3'), [
      '-c',
      `import fcntl, os, sys\nfcntl.lockf(os.open(sys.argv[1], os.O_RDWR), fcntl.LOCK_EX)`,
      database,
    ]);
    await expect.poll(() => fs.readFileSync('/proc/locks', 'latin1')).toContain(`WRITE ${waiter.pid} `);
    await engine.run('INSERT INTO t VALUES (1)');
    waiter.kill('SIGKILL');
    await release();
  });
});

describe('the journal of a native transaction', () => {
  /** Starts a transaction larger than its cache: half of it is in the file, and its journal looks hot. */
  async function spill(shell: NativeShell): Promise<void> {
    await shell.run('PRAGMA cache_size=2');
    await shell.run('BEGIN');
    expect(await shell.run("UPDATE t SET value = replace(value, 'old', 'new')")).toBe('');
    expect(fs.statSync(`${database}-journal`).size).toBeGreaterThan(100_000);
  }

  beforeEach(async () => {
    const shell = start();
    await shell.run('CREATE TABLE t (id INTEGER PRIMARY KEY, value)');
    await shell.run(fill);
    await shell.close();
  });

  test('is not rolled back by opening', async () => {
    const shell = start();
    await spill(shell);
    const before = files();
    expect(await failure(open())).toMatchObject({ name: 'DatabaseLocked', pid: shell.pid });
    expect(files()).toEqual(before);
    expect(await shell.run('COMMIT')).toBe('');
    expect(await shell.run("SELECT count(*) FROM t WHERE value LIKE 'new%'")).toBe('2000');
  });

  test('is not rolled back by reading, writing, exporting or closing', async () => {
    const engine = await open();
    const shell = start();
    await spill(shell);
    const before = files();
    const locked = { name: 'DatabaseLocked', pid: shell.pid };
    expect(await failure(engine.all('SELECT count(*) FROM t'))).toMatchObject(locked);
    expect(await failure(engine.read((connection) => connection.all('SELECT 1 FROM t')))).toMatchObject(locked);
    expect(await failure(engine.run('DELETE FROM t'))).toMatchObject(locked);
    expect(await failure(engine.bytes())).toMatchObject(locked);
    await engine.close();
    expect(files()).toEqual(before);
    expect(await shell.run('COMMIT')).toBe('');
    expect(await shell.run('PRAGMA integrity_check')).toBe('ok');
    expect(await shell.run("SELECT count(*) FROM t WHERE value LIKE 'new%'")).toBe('2000');
  });

  test('is left alone by a reader before the transaction has written to the file', async () => {
    const engine = await open();
    const shell = start();
    await shell.run('BEGIN IMMEDIATE');
    await shell.run("INSERT INTO t VALUES (0, 'new')");
    expect(fs.statSync(`${database}-journal`).size).toBeGreaterThan(0);
    const before = files();
    expect((await engine.all('SELECT count(*) FROM t')).rows).toEqual([[2000]]);
    expect(files()).toEqual(before);
    await engine.close();
    expect(files()).toEqual(before);
    expect(await shell.run('COMMIT')).toBe('');
    expect(await shell.run('SELECT count(*) FROM t')).toBe('2001');
  });

  test('is rolled back once its writer was killed', async () => {
    const engine = await open();
    const shell = start();
    await spill(shell);
    await shell.kill();
    expect((await engine.all("SELECT count(*) FROM t WHERE value LIKE 'old%'")).rows).toEqual([[2000]]);
    await engine.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });
});

describe('a write-ahead log that a native program uses', () => {
  test('is neither checkpointed nor removed', async () => {
    const shell = start();
    await shell.run('PRAGMA journal_mode=WAL');
    await shell.run('CREATE TABLE t (id INTEGER PRIMARY KEY, value)');
    await shell.run(fill);
    const before = files();
    expect(Object.keys(before)).toEqual(['cl.sqlite', 'cl.sqlite-wal']);
    expect(await failure(open())).toMatchObject({ name: 'DatabaseLocked', pid: shell.pid });
    expect(files()).toEqual(before);
    expect(fs.existsSync(`${database}-shm`)).toBe(true);
    expect(await shell.run('INSERT INTO t VALUES (0, 0)')).toBe('');
    await shell.kill();
    const engine = await open();
    expect((await engine.all('SELECT count(*) FROM t')).rows).toEqual([[2001]]);
    await engine.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });

  test('is recognised by its shared memory alone', async () => {
    const engine = await open({ busyTimeout: 0 });
    await engine.run('CREATE TABLE t (id)');
    const child = await holdSharedMemory(database);
    expect(await failure(engine.run('INSERT INTO t VALUES (1)'))).toMatchObject({
      name: 'DatabaseLocked',
      pid: child.pid,
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await engine.run('INSERT INTO t VALUES (1)');
  });
});

describe('a native program that interferes with a transaction', () => {
  test('fails it before its journal is written, if it is about to write', async () => {
    const engine = await open();
    await engine.run('CREATE TABLE t (id)');
    const shell = start();
    const work = engine.transaction(async (connection) => {
      await shell.run('BEGIN IMMEDIATE');
      return connection.run('INSERT INTO t VALUES (1)');
    });
    expect(await failure(work)).toMatchObject({ name: 'DatabaseLocked', pid: shell.pid });
    expect(fs.statSync(`${database}-journal`).size).toBe(0);
    await shell.run('INSERT INTO t VALUES (2)');
    expect(await shell.run('COMMIT')).toBe('');
    expect(await shell.run('SELECT group_concat(id) FROM t')).toBe('2');
  });

  test('fails it before the file is written, if it reads', async () => {
    const engine = await open();
    await engine.run('CREATE TABLE t (id)');
    const shell = start();
    const before = fs.readFileSync(database);
    const work = engine.transaction(async (connection) => {
      await connection.run('INSERT INTO t VALUES (1)');
      await shell.run('BEGIN');
      expect(await shell.run('SELECT count(*) FROM t')).toBe('0');
    });
    expect(await failure(work)).toMatchObject({ name: 'DatabaseLocked', pid: shell.pid });
    expect(fs.readFileSync(database)).toEqual(before);
    expect(await shell.run('SELECT count(*) FROM t')).toBe('0');
    await shell.run('COMMIT');
    await engine.run('INSERT INTO t VALUES (2)');
    expect(await shell.run('SELECT group_concat(id) FROM t')).toBe('2');
  });

  test('makes its outcome unknown, if it rolls the commit back while it is being written', async () => {
    needs('sqlite3'); // Within a transaction, a skip would be taken for a failure of the disk.
    let intrude: (() => void) | null = null;
    const spied: typeof fs = {
      ...fs,
      fdatasyncSync(descriptor) {
        fs.fdatasyncSync(descriptor);
        if (intrude === null || fs.readlinkSync(`/proc/self/fd/${descriptor}`) !== database) return;
        // The pages are in the file, but its journal is still valid: a native program takes that for a crash.
        intrude();
        intrude = null;
      },
    };
    const engine = await open({ fs: spied });
    await engine.run('CREATE TABLE t (id)');
    intrude = () => nativeSql(database, 'SELECT count(*) FROM t');
    const error = await failure(engine.run('INSERT INTO t VALUES (1)'));
    expect(error).toBeInstanceOf(OutcomeUnknown);
    expect(error).toHaveProperty('message', expect.stringContaining('another program accessed the file'));
    // The next change finds that the file was changed.
    expect(await failure(engine.run('INSERT INTO t VALUES (2)'))).toBeInstanceOf(DatabaseChanged);
    await engine.refresh();
    await engine.run('INSERT INTO t VALUES (3)');
    expect((await engine.all('SELECT group_concat(id) FROM t')).rows).toEqual([['3']]);
  });
});
