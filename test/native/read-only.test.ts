/** `read_only`: nothing is written, no lock is taken, and a read sees only whole commits, whatever others write. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Cinderlib, KeyValue, type PersistenceConfig, setup } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostMedia } from '../../src/media/open-on-host.ts';
import { openReader, type SqliteReader } from '../../src/sql/engines/sqlite/sqlite-reader.ts';
import { openGuarded } from '../support/engines.ts';
import { copyGolden, goldenBytes } from '../support/golden.ts';
import { needed } from '../support/native-programs.ts';
import { type NativeShell, needsLockTable, python3 } from '../support/native-shell.ts';
import { nativeSql } from '../support/tables.ts';

let folder: string;
let database: string;
const contexts: Cinderlib[] = [];
const shells: NativeShell[] = [];
let reader: SqliteReader | undefined;
beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'read-only-')));
  database = path.join(folder, 'cl.sqlite');
});
afterEach(async () => {
  await reader?.close();
  reader = undefined;
  for (const cl of contexts.splice(0)) await cl.close();
  for (const shell of shells.splice(0)) await shell.kill();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function open(options: Partial<PersistenceConfig> = {}, worker = false): Promise<Cinderlib> {
  const connection = `sqlite:///${database}`;
  const persistence_config = { storage: 'db', connection, read_only: true, busy_timeout: 200, ...options };
  const cl = await setup({ persistence_config, fail_on_missing_backend: false, worker });
  contexts.push(cl);
  return cl;
}
async function read(busy_timeout = 200): Promise<SqliteReader> {
  reader = await openReader(hostMedia, {
    medium: 'filesystem',
    database,
    from: null,
    sqlite_synchronous: true,
    busy_timeout,
  });
  return reader;
}
function start(program = python3): NativeShell {
  const shell = program.start(database);
  shells.push(shell);
  return shell;
}
/** Works while a Python program changes the database: it prints a line when it has begun, and is killed at the end. */
async function beside(program: string, work: () => Promise<void>, ...parameters: readonly string[]): Promise<void> {
  const child = spawn(needed('python3'), ['-c', program, database, ...parameters], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  try {
    await work();
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error,
  );
const native = (sql: string): string => nativeSql(database, sql);
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
/** Every file of the folder, with its content, inode and time. */
const files = () =>
  fs.readdirSync(folder).map((name) => {
    const file = path.join(folder, name);
    const { ino, mtimeMs } = fs.statSync(file);
    return { name, ino, mtimeMs, content: digest(fs.readFileSync(file)) };
  });
const fill = `CREATE TABLE t (id INTEGER PRIMARY KEY, value);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
  INSERT INTO t SELECT i, printf('old %0200d', i) FROM n;`;

describe('a read_only database', () => {
  test.each([true, false])('is not changed, and no file is created beside it; worker: %s', async (worker) => {
    copyGolden('rich.sqlite', database);
    const before = files();
    const cl = await open({}, worker);
    expect((await cl.persistence.getVolumes()).length).toBeGreaterThan(0);
    expect(await cl.info()).toMatchObject({
      storage: 'db',
      medium: 'filesystem',
      read_only: true,
      native_locks: process.platform === 'linux' ? 'seen' : 'none',
      size: fs.statSync(database).size,
    });
    expect(digest(new Uint8Array(await (await cl.exportDatabase()).arrayBuffer()))).toBe(before[0]?.content);
    expect(files()).toEqual(before);
    await cl.refresh();
    await cl.close();
    expect(files()).toEqual(before);
  });

  test('refuses every change with ReadOnly', async () => {
    copyGolden('rich.sqlite', database);
    const before = files();
    const cl = await open();
    const [volume] = await cl.persistence.getVolumes();
    const changes = [
      () => cl.persistence.setKeyValue(new KeyValue('k', 'v')),
      () => cl.persistence.deleteKeyValue('k'),
      () => cl.persistence.setVolume(volume ?? expect.unreachable()),
      () => cl.persistence.deleteVolume(volume ?? expect.unreachable()),
      () => cl.load(volume?.json() ?? expect.unreachable(), { save: true }),
    ];
    for (const change of changes) {
      const error = await failure(change());
      expect(error).toMatchObject({ name: 'ReadOnly', code: 'READ_ONLY', path: database });
      expect(error).toHaveProperty('message', expect.stringContaining('was opened with read_only'));
    }
    expect(files()).toEqual(before);
    expect(await cl.info()).toMatchObject({ read_only: true, leader: false });
  });

  test('can be opened on a read-only file system', async (context) => {
    context.skip(process.platform !== 'linux' || process.getuid?.() !== 0, 'only root of Linux can mount one');
    const mounted = path.join(folder, 'mounted');
    fs.mkdirSync(mounted);
    try {
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', mounted], { stdio: 'ignore' });
    } catch {
      context.skip('file systems cannot be mounted here');
    }
    try {
      copyGolden('rich.sqlite', path.join(mounted, 'cl.sqlite'));
      execFileSync('mount', ['-o', 'remount,ro', mounted]);
      database = path.join(mounted, 'cl.sqlite');
      expect(await failure(open({ read_only: false }))).toMatchObject({ name: 'DatabaseUnavailable' });
      const cl = await open();
      expect((await cl.persistence.getVolumes()).length).toBeGreaterThan(0);
      await cl.close();
    } finally {
      execFileSync('umount', [mounted]);
    }
  });

  test('can be opened without permission to write to the file or its folder', async (context) => {
    context.skip(process.platform !== 'linux' || process.getuid?.() !== 0, 'only root can become somebody else');
    copyGolden('rich.sqlite', database);
    fs.chmodSync(database, 0o444);
    fs.chmodSync(folder, 0o555);
    const index = new URL('../../dist/index.js', import.meta.url).pathname;
    const program =
      `process.setgid(65534); process.setuid(65534); const { setup } = await import(${JSON.stringify(index)});` +
      `const cl = await setup({ worker: false, fail_on_missing_backend: false, persistence_config: ` +
      `{ storage: 'db', connection: 'sqlite:///${database}', read_only: true } });` +
      'console.log((await cl.persistence.getVolumes()).length > 0); await cl.close();';
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(output).toBe('true\n');
  });

  test('is read at its own revision, and without a table of key-values if it has none', async () => {
    copyGolden('rev-921e1a36b076.sqlite', database);
    const before = files();
    const old = await open();
    expect((await old.info()).revision).toBe('921e1a36b076');
    expect((await old.persistence.getVolumes()).length).toBeGreaterThan(0);
    await old.close();
    expect(files()).toEqual(before);
    fs.writeFileSync(database, goldenBytes('no-kv-table.sqlite.gz'));
    const cl = await open();
    expect(await cl.persistence.getKeyValues()).toEqual([]);
    expect(await cl.persistence.getKeyValues('k')).toEqual([]);
  });

  test.each([
    [
      'missing',
      () => {},
      'DatabaseUnavailable',
      /no such file(?!.*folder).*Check the path: reading creates no database/,
    ],
    ['an empty file', () => fs.writeFileSync(database, ''), 'SchemaError', /no Cinder tables/],
    ['no database', () => fs.writeFileSync(database, 'a letter'), 'NotADatabase', /file is not a database/],
    [
      'truncated',
      () => fs.writeFileSync(database, goldenBytes('rich.sqlite').subarray(0, 40_960)),
      'DatabaseCorrupt',
      /is damaged/,
    ],
  ])('that is %s is refused and left as it is', async (_, make, name, message) => {
    make();
    const before = files();
    const error = await failure(open());
    expect(error).toMatchObject({ name });
    expect(error).toHaveProperty('message', expect.stringMatching(message));
    expect(files()).toEqual(before);
  });

  test('cannot be created from bytes, nor be in memory', async () => {
    for (const options of [{ from: new Uint8Array(1) }, { connection: 'sqlite://' }]) {
      expect(await failure(open(options))).toMatchObject({ name: 'InvalidPersistence' });
    }
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});

describe('a read_only database beside a writer of this library', () => {
  test.each([true, false])('shows each commit, also in the same process; worker: %s', async (worker) => {
    const writer = await open({ read_only: false }, worker);
    const onlooker = await open({}, worker);
    for (let n = 1; n <= 5; n++) {
      await writer.persistence.setKeyValue(new KeyValue(`k${n}`, 'v'));
      expect(await onlooker.persistence.getKeyValues()).toHaveLength(n);
    }
    const again = await open({}, worker);
    await onlooker.close();
    await writer.persistence.setKeyValue(new KeyValue('k6', 'v'));
    expect(await again.persistence.getKeyValues()).toHaveLength(6);
    await writer.close();
    expect(await again.persistence.getKeyValues()).toHaveLength(6);
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });

  test('waits for a transaction that has written to the file, and then names its process', async () => {
    const writer = await openGuarded(database);
    await writer.run('CREATE TABLE t (id)');
    await writer.run('PRAGMA cache_size=1');
    const onlooker = await read(100);
    fs.writeFileSync(`${database}.lock`, JSON.stringify({ pid: process.pid, host: os.hostname(), program: 'a test' }));
    await writer.transaction(async (connection) => {
      // More than the page cache holds: the file is written to before the commit.
      for (let id = 0; id < 500; id++) await connection.run("INSERT INTO t VALUES (printf('%0200d', ?))", [id]);
      const error = await failure(onlooker.all('SELECT count(*) FROM t'));
      expect(error).toMatchObject({ name: 'DatabaseLocked', pid: process.pid, host: os.hostname() });
    });
    expect((await onlooker.all('SELECT count(*) FROM t')).rows).toEqual([[500]]);
    await writer.close();
  });
});

describe('a read_only database beside native programs', () => {
  beforeEach(needsLockTable);

  test('shows a consistent state during writes', { timeout: 60_000 }, async () => {
    native('CREATE TABLE a (id INTEGER PRIMARY KEY, value); CREATE TABLE b (id INTEGER PRIMARY KEY, value);');
    native('WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO a SELECT i, 1000 FROM n;');
    native(`INSERT INTO b SELECT id, printf('%0300d', 1000) FROM a`);
    // Moves a value from a row of one table to a row of the other: the sum stays. Some transactions roll back.
    const program = `
import random, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
connection.execute('PRAGMA synchronous=OFF')
connection.execute('PRAGMA cache_size=%s' % sys.argv[2])
print('begun', flush=True)
while True:
    connection.execute('BEGIN IMMEDIATE')
    for n in range(20):
        one, other = random.randint(1, 300), random.randint(1, 300)
        connection.execute('UPDATE a SET value = value - 1 WHERE id = ?', (one,))
        connection.execute("UPDATE b SET value = printf('%0300d', value + 1) WHERE id = ?", (other,))
    connection.execute(random.choice(['COMMIT', 'COMMIT', 'COMMIT', 'ROLLBACK']))
    time.sleep(0.003)
`;
    const readAll = async (): Promise<void> => {
      const onlooker = await read(20_000);
      const seen = new Set<unknown>();
      for (let n = 0; n < 100 || seen.size < 10; n++) {
        const [taken, given] = await onlooker.read(async (connection) => [
          (await connection.all('SELECT sum(value) FROM a')).rows[0]?.[0],
          (await connection.all('SELECT sum(CAST(value AS INTEGER)) FROM b')).rows[0]?.[0],
        ]);
        expect(Number(taken) + Number(given)).toBe(600_000);
        seen.add(taken);
      }
      expect((await onlooker.all('PRAGMA integrity_check')).rows).toEqual([['ok']]);
      await onlooker.close();
    };
    for (const cacheSize of ['2000', '2']) {
      await beside(program, readAll, cacheSize);
      native('SELECT 1 FROM a');
    }
  });

  test('shows no uncommitted change, and names the process that blocks a read', async () => {
    native(fill);
    const onlooker = await read();
    const shell = start();
    const count = async () => (await onlooker.all("SELECT count(*) FROM t WHERE value LIKE 'new%'")).rows[0]?.[0];
    await shell.run('PRAGMA cache_size=2');
    await shell.run('BEGIN IMMEDIATE');
    await shell.run("UPDATE t SET value = 'new' WHERE id = 1");
    // So far, only the journal is written.
    expect(await count()).toBe(0);
    await shell.run("UPDATE t SET value = replace(value, 'old', 'new')");
    const before = files();
    const error = await failure(count());
    expect(error).toMatchObject({ name: 'DatabaseLocked', pid: shell.pid });
    expect(files()).toEqual(before);
    await shell.run('ROLLBACK');
    expect(await count()).toBe(0);
    await shell.run("UPDATE t SET value = 'new' WHERE id < 3");
    expect(await count()).toBe(2);
  });

  /** Changes all 2,000 rows of `t` every 20 ms. */
  const busyWriter = `
import itertools, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
for n in itertools.count():
    connection.execute('UPDATE t SET value = ?', (n,))
    if n == 0: print('begun', flush=True)
    time.sleep(0.02)
`;

  test('is read beside a program that never leaves it alone for as long as a query takes', async () => {
    native(`${fill} UPDATE t SET value = 0;`);
    await beside(busyWriter, async () => {
      const onlooker = await read(10_000);
      const seen = new Set<unknown>();
      for (let n = 0; n < 5; n++) {
        // Four million comparisons take much longer than 20 ms.
        const { rows } = await onlooker.all(
          'SELECT min(a.value), max(b.value), count(*) FROM t a JOIN t b ON b.id % 20 = a.id % 20',
        );
        const [least, most, count] = rows[0] ?? [];
        expect([least, count]).toEqual([most, 200_000]);
        seen.add(least);
      }
      expect(seen.size).toBeGreaterThan(1);
    });
  });

  test('is read beside a program that never leaves it alone for as long as a copy takes', {
    timeout: 60_000,
  }, async () => {
    native(`${fill} UPDATE t SET value = 0; CREATE TABLE large AS SELECT zeroblob(500000) FROM t LIMIT 60;`);
    expect(fs.statSync(database).size).toBeGreaterThan(30_000_000);
    await beside(busyWriter, async () => {
      const onlooker = await read(3000);
      for (let n = 0; n < 300; n++) {
        const [least, most] = (await onlooker.all('SELECT min(value), max(value) FROM t')).rows[0] ?? [];
        expect(least).toBe(most);
      }
    });
  });

  /** Kills a native program in the middle of an update of all rows, some of which are already in the file. */
  async function crash(): Promise<void> {
    native(fill);
    const shell = start();
    await shell.run('PRAGMA cache_size=2');
    await shell.run('BEGIN');
    await shell.run("UPDATE t SET value = replace(value, 'old', 'new')");
    await shell.kill();
    expect(fs.readFileSync(database).includes('new 0')).toBe(true);
  }
  const olds = async (onlooker: SqliteReader): Promise<unknown> =>
    (await onlooker.all("SELECT count(*) FROM t WHERE value LIKE 'old%'")).rows[0]?.[0];

  test('with a hot journal is read as before the crash, and is not rolled back', async () => {
    await crash();
    const before = files();
    expect(before.map(({ name }) => name)).toEqual(['cl.sqlite', 'cl.sqlite-journal']);
    const begun = performance.now();
    const onlooker = await read(20_000);
    expect(await olds(onlooker)).toBe(2000);
    expect((await onlooker.all('PRAGMA integrity_check')).rows).toEqual([['ok']]);
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect(files()).toEqual(before);
    // The exported file needs no journal.
    const copy = path.join(folder, 'copy.sqlite');
    fs.writeFileSync(copy, await onlooker.bytes());
    expect(nativeSql(copy, "SELECT min(value) LIKE 'old%' FROM t; PRAGMA integrity_check")).toBe('1\nok');
  });

  test('with a hot journal is read without waiting for anybody', async () => {
    await crash();
    expect(await olds(await read(0))).toBe(2000);
  });

  test('follows what other programs do after a crash', async () => {
    await crash();
    const onlooker = await read();
    expect(await olds(onlooker)).toBe(2000);
    // A native program rolls the journal back and writes; then another one is killed.
    native("UPDATE t SET value = 'new' WHERE id < 3");
    expect(await olds(onlooker)).toBe(1998);
    const shell = start();
    await shell.run('PRAGMA cache_size=2');
    await shell.run('BEGIN');
    await shell.run("UPDATE t SET value = replace(value, 'old', 'new')");
    expect(await failure(olds(onlooker))).toMatchObject({ name: 'DatabaseLocked', pid: shell.pid });
    await shell.kill();
    expect(await olds(onlooker)).toBe(1998);
    await (await openGuarded(database)).close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
    expect(await olds(onlooker)).toBe(1998);
  });

  test('is refused if a transaction over several databases crashed in it', async () => {
    await crash();
    const name = Buffer.from(`${path.join(folder, 'other')}-mj0123456`);
    const end = Buffer.alloc(16);
    end.writeUInt32BE(name.length, 0);
    end.writeUInt32BE(
      name.reduce((sum, byte) => sum + byte, 0),
      4,
    );
    Buffer.from('d9d505f920a163d7', 'hex').copy(end, 8);
    fs.appendFileSync(`${database}-journal`, Buffer.concat([Buffer.alloc(4), name, end]));
    const before = files();
    const error = await failure(read());
    expect(error).toMatchObject({ name: 'DatabaseUnavailable' });
    expect(error).toHaveProperty('message', expect.stringContaining('transaction over several databases'));
    expect(files()).toEqual(before);
  });

  test('is read with the write-ahead log in use, which stays as it is', async () => {
    const shell = start();
    await shell.run('PRAGMA journal_mode=WAL');
    await shell.run('CREATE TABLE t (id INTEGER PRIMARY KEY, value)');
    await shell.run("INSERT INTO t VALUES (1, 'in the log')");
    const onlooker = await read();
    const count = async () => (await onlooker.all('SELECT count(*) FROM t')).rows[0]?.[0];
    const before = files().filter(({ name }) => !name.endsWith('-shm'));
    expect(await count()).toBe(1);
    expect(files().filter(({ name }) => !name.endsWith('-shm'))).toEqual(before);
    await shell.run('BEGIN');
    await shell.run("INSERT INTO t VALUES (2, 'not committed')");
    expect(await count()).toBe(1);
    await shell.run('COMMIT');
    expect(await count()).toBe(2);
    // The log starts over, and is shorter than before.
    await shell.run('PRAGMA wal_checkpoint(TRUNCATE)');
    expect(await count()).toBe(2);
    for (let id = 3; id < 30; id++) {
      await shell.run(`INSERT INTO t VALUES (${id}, 'more')`);
      expect(await count()).toBe(id);
    }
    await shell.kill();
    expect(await count()).toBe(29);
    await onlooker.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite', 'cl.sqlite-shm', 'cl.sqlite-wal']);
    expect(native('SELECT count(*) FROM t')).toBe('29');
  });

  test('in write-ahead log mode can be read once it was closed cleanly', async () => {
    native('PRAGMA journal_mode=WAL; CREATE TABLE t (id); INSERT INTO t VALUES (1);');
    const before = files();
    expect(before.map(({ name }) => name)).toEqual(['cl.sqlite']);
    const onlooker = await read();
    expect((await onlooker.all('SELECT count(*) FROM t')).rows).toEqual([[1]]);
    expect(files()).toEqual(before);
    native('INSERT INTO t VALUES (2); PRAGMA journal_mode=DELETE; INSERT INTO t VALUES (3);');
    expect((await onlooker.all('SELECT count(*) FROM t')).rows).toEqual([[3]]);
  });

  test('shows a consistent state during writes to a write-ahead log', { timeout: 60_000 }, async () => {
    native('PRAGMA journal_mode=WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, value INTEGER);');
    native('WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO t SELECT i, 100 FROM n;');
    const program = `
import random, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
connection.execute('PRAGMA wal_autocheckpoint=20')
print('begun', flush=True)
while True:
    connection.execute('BEGIN IMMEDIATE')
    for n in range(10):
        one, other = random.randint(1, 500), random.randint(1, 500)
        connection.execute('UPDATE t SET value = value - 1 WHERE id = ?', (one,))
        connection.execute('UPDATE t SET value = value + 1 WHERE id = ?', (other,))
    connection.execute('COMMIT')
    time.sleep(0.001)
`;
    await beside(program, async () => {
      const onlooker = await read(20_000);
      const seen = new Set<unknown>();
      for (let n = 0; n < 100 || seen.size < 10; n++) {
        const { rows } = await onlooker.all('SELECT sum(value), sum(value * id) FROM t');
        expect(rows[0]?.[0]).toBe(50_000);
        seen.add(rows[0]?.[1]);
      }
    });
  });
});
