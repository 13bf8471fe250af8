/** Files of native SQLite, clean or left by a crash, can be opened here, and files written here can be opened there. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  DatabaseChanged,
  DatabaseCorrupt,
  DatabaseLocked,
  DatabaseUnavailable,
  NotADatabase,
} from '../../../src/errors/index.ts';
import { FilesystemMedium } from '../../../src/media/filesystem/filesystem.ts';
import { hostMedia } from '../../../src/media/open-on-host.ts';
import { openSqlite, openSqliteOn, type SqliteEngine } from '../../../src/sql/engines/sqlite/sqlite.ts';
import { startSqlite } from '../../../src/vfs/start-sqlite.ts';
import { sqlite3 } from '../../support/native-shell.ts';
import { nativeSql } from '../../support/tables.ts';

let folder: string;
let database: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'native-'));
  database = path.join(folder, 'cl.sqlite');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const native = (sql: string, file = database): string => nativeSql(file, sql);
const open = (name = database, sqlite_synchronous = true): Promise<SqliteEngine> =>
  openSqlite(hostMedia, { medium: 'filesystem', database: name, from: null, sqlite_synchronous, busy_timeout: 5000 });
const failure = (name = database): Promise<unknown> =>
  open(name).then(
    (engine) => engine.close(),
    (error: unknown) => error,
  );
const openWithoutNativeSqlite = async (): Promise<SqliteEngine> => {
  const medium = new FilesystemMedium(fs, fs.realpathSync(database), fs.realpathSync(folder), { release() {} });
  return openSqliteOn(await startSqlite(), medium, true);
};
const rows = async (engine: SqliteEngine, sql: string) => (await engine.all(sql)).rows;

/** Everything that refusing a file must not change. */
const fingerprint = (file = database) => {
  const { mtimeMs, ino, size } = fs.statSync(file);
  return { mtimeMs, ino, size, bytes: fs.readFileSync(file) };
};

/** Copies the files of a native program in the middle of a transaction that is larger than its cache. */
async function interrupted(pragmas: string, copyKinds: readonly string[]): Promise<void> {
  const live = path.join(folder, 'live.sqlite');
  native(
    `${pragmas} CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT);
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
     INSERT INTO t SELECT i, printf('old %d %0200d', i, i) FROM n;`,
    live,
  );
  const shell = sqlite3.start(live);
  try {
    await shell.run(`${pragmas} PRAGMA cache_size=2; BEGIN; UPDATE t SET value = replace(value, 'old', 'new')`);
    for (const kind of copyKinds) fs.copyFileSync(live + kind, database + kind);
  } finally {
    await shell.kill();
  }
  for (const name of fs.readdirSync(folder)) if (name.startsWith('live')) fs.rmSync(path.join(folder, name));
}

describe('a database written here', () => {
  test('is read exactly by native SQLite', async () => {
    const engine = await open();
    await engine.run('CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT, number INTEGER)');
    const insert = 'INSERT INTO t (value, number) VALUES (?, ?)';
    await engine.run(insert, ['a\0b', 2n ** 62n + 1n]);
    await engine.run(insert, ['Žluťoučký 💾', -1]);
    await engine.run(insert, ['x'.repeat(2 ** 20), null]);
    await engine.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
    expect(native('SELECT hex(value), number, typeof(number) FROM t WHERE id = 1')).toBe(
      '610062|4611686018427387905|integer',
    );
    expect(native('SELECT value FROM t WHERE id = 2')).toBe('Žluťoučký 💾');
    expect(native('SELECT length(value) FROM t WHERE id = 3')).toBe('1048576');
    expect(native('PRAGMA integrity_check')).toBe('ok');
    expect(native('PRAGMA journal_mode')).toBe('delete');
  });

  test('can be read by native SQLite between transactions while it is open', async () => {
    const engine = await open();
    await engine.run('CREATE TABLE t (id)');
    await engine.run('INSERT INTO t VALUES (1)');
    expect(native('PRAGMA integrity_check; SELECT * FROM t')).toBe('ok\n1');
    expect(fs.statSync(`${database}-journal`).size).toBe(0);
    await engine.close();
  });

  test('is no longer written to once another file took its name', async () => {
    const engine = await open();
    await engine.run('CREATE TABLE t (id)');
    native(`VACUUM INTO '${database}.copy'`);
    fs.renameSync(`${database}.copy`, database);
    const before = fingerprint();
    const write = engine.run('INSERT INTO t VALUES (1)');
    await expect(write).rejects.toBeInstanceOf(DatabaseChanged);
    await expect(write).rejects.toThrow(/was moved, removed or replaced/);
    await engine.close();
    expect(fingerprint()).toEqual(before);
  });
});

describe('a database of native SQLite', () => {
  test.each([512, 1024, 4096, 65_536])('with pages of %i bytes can be read and changed', async (size) => {
    native(
      `PRAGMA page_size=${size}; CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT); INSERT INTO t VALUES (1, 'a');`,
    );
    const engine = await open();
    await engine.transaction(async (connection) => {
      for (let id = 2; id <= 500; id++) await connection.run('INSERT INTO t VALUES (?, ?)', [id, `value ${id}`]);
    });
    expect(await rows(engine, 'SELECT count(*) FROM t')).toEqual([[500]]);
    await engine.close();
    expect(native('PRAGMA integrity_check; PRAGMA page_size; SELECT count(*) FROM t')).toBe(`ok\n${size}\n500`);
  });

  test.each(['full', 'incremental'])('with auto_vacuum=%s grows and shrinks', async (kind) => {
    native(
      `PRAGMA auto_vacuum=${kind}; CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT); CREATE INDEX i ON t (value);`,
    );
    const engine = await open();
    for (const stays of [3, 1]) {
      await engine.transaction(async (connection) => {
        for (let id = 4; id <= 400; id++)
          await connection.run('INSERT INTO t VALUES (?, ?)', [id, `${id}`.repeat(300)]);
      });
      const full = fs.statSync(database).size;
      await engine.run('DELETE FROM t WHERE id > ?', [stays]);
      await engine.run('PRAGMA incremental_vacuum');
      expect(fs.statSync(database).size).toBeLessThan(full / 5);
      await engine.run('INSERT INTO t VALUES (?, ?)', [stays, 'stays']);
    }
    await engine.close();
    expect(native('PRAGMA integrity_check; SELECT id, value FROM t')).toBe('ok\n1|stays');
  });

  test('in UTF-16 gives the same texts', async () => {
    native("PRAGMA encoding='UTF-16'; CREATE TABLE t (value TEXT); INSERT INTO t VALUES ('Žluť 💾');");
    const engine = await open();
    await engine.run('INSERT INTO t VALUES (?)', ['日本 💾']);
    expect(await rows(engine, 'SELECT value FROM t')).toEqual([['Žluť 💾'], ['日本 💾']]);
    await engine.close();
    expect(native('SELECT value FROM t')).toBe('Žluť 💾\n日本 💾');
  });

  test('in write-ahead log mode, closed cleanly, can be read and is switched to a rollback journal', async () => {
    native('PRAGMA journal_mode=WAL; CREATE TABLE t (id); INSERT INTO t VALUES (1);');
    const engine = await open();
    expect(await rows(engine, 'SELECT * FROM t')).toEqual([[1]]);
    expect(fs.readFileSync(database).subarray(18, 20)).toEqual(Buffer.from([1, 1]));
    await engine.run('INSERT INTO t VALUES (2)');
    expect(native('SELECT group_concat(id) FROM t')).toBe('1,2');
    await engine.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
    expect(native('PRAGMA integrity_check; PRAGMA journal_mode')).toBe('ok\ndelete');
  });
});

describe('after a native crash', () => {
  test('a hot journal is rolled back', async () => {
    await interrupted('', ['', '-journal']);
    expect(fs.statSync(`${database}-journal`).size).toBeGreaterThan(100_000);
    expect(fs.readFileSync(database).includes('new 1 ')).toBe(true);
    const engine = await open();
    expect(await rows(engine, "SELECT count(*) FROM t WHERE value LIKE 'old %'")).toEqual([[2000]]);
    await engine.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
    expect(native("PRAGMA integrity_check; SELECT count(*) FROM t WHERE value LIKE 'old %'")).toBe('ok\n2000');
  });

  test('a hot journal of a transaction over several databases is left to native SQLite', async () => {
    const live = path.join(folder, 'live.sqlite');
    await interrupted('', ['', '-journal']);
    const superJournal = Buffer.from(`${live}-mj0123456`);
    const end = Buffer.alloc(16);
    end.writeUInt32BE(superJournal.length, 0);
    end.writeUInt32BE(
      superJournal.reduce((sum, byte) => sum + byte, 0),
      4,
    );
    Buffer.from('d9d505f920a163d7', 'hex').copy(end, 8);
    fs.appendFileSync(`${database}-journal`, Buffer.concat([Buffer.alloc(4), superJournal, end]));
    const [file, journal] = [fingerprint(), fingerprint(`${database}-journal`)];
    // Without a native SQLite that holds the lock, which would have rolled it back before.
    const error = await openWithoutNativeSqlite().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect(error).toHaveProperty('message', expect.stringContaining('transaction over several databases'));
    expect([fingerprint(), fingerprint(`${database}-journal`)]).toEqual([file, journal]);
  });

  test('committed changes in a write-ahead log are kept, and uncommitted ones dropped', async () => {
    await interrupted('PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;', ['', '-wal', '-shm']);
    fs.copyFileSync(database, `${database}.copy`);
    fs.copyFileSync(`${database}-wal`, `${database}.copy-wal`);
    const expected = native('SELECT count(*), sum(length(value)), min(value) FROM t', `${database}.copy`);
    for (const kind of ['', '-wal', '-shm']) fs.rmSync(`${database}.copy${kind}`, { force: true });

    const engine = await open();
    const found = await rows(engine, 'SELECT count(*), sum(length(value)), min(value) FROM t');
    expect(found[0]?.join('|')).toBe(expected);
    expect(await rows(engine, "SELECT count(*) FROM t WHERE value LIKE 'new%'")).toEqual([[0]]);
    await engine.run("UPDATE t SET value = 'ours' WHERE id = 1");
    await engine.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
    expect(native('PRAGMA integrity_check; SELECT value FROM t WHERE id = 1')).toBe('ok\nours');
  });

  test('a database that is entirely in its write-ahead log is read', async () => {
    const live = path.join(folder, 'live.sqlite');
    const shell = sqlite3.start(live);
    await shell.run('PRAGMA journal_mode=WAL; CREATE TABLE t (id); INSERT INTO t VALUES (1)');
    await shell.kill();
    const engine = await open(live);
    expect(await rows(engine, 'SELECT * FROM t')).toEqual([[1]]);
    await engine.close();
    expect(fs.readdirSync(folder)).toEqual(['live.sqlite']);
  });

  test('an invalid write-ahead log is dropped', async () => {
    native('CREATE TABLE t (id); INSERT INTO t VALUES (1);');
    fs.writeFileSync(`${database}-wal`, Buffer.alloc(5000, 7));
    const engine = await open();
    expect(await rows(engine, 'SELECT * FROM t')).toEqual([[1]]);
    await engine.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
    expect(native('PRAGMA integrity_check; SELECT * FROM t')).toBe('ok\n1');
  });

  test('a journal of an empty database is dropped', async () => {
    fs.writeFileSync(database, '');
    fs.writeFileSync(`${database}-journal`, 'a journal of something');
    const engine = await open();
    expect(await rows(engine, 'SELECT count(*) FROM sqlite_schema')).toEqual([[0]]);
    await engine.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });
});

describe('after a crash of this library', () => {
  test('a transaction larger than the cache is rolled back, here and by native SQLite', async () => {
    const live = path.join(folder, 'live.sqlite');
    const engine = await open(live);
    await engine.run('CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT)');
    const all = async (value: string) => {
      await engine.transaction(async (connection) => {
        for (let id = 0; id < 500; id++) {
          await connection.run('INSERT OR REPLACE INTO t VALUES (?, ?)', [id, value.repeat(200)]);
        }
      });
    };
    await all('old');
    await engine.run('PRAGMA cache_size=2');
    const work = engine.transaction(async (connection) => {
      await connection.run("UPDATE t SET value = replace(value, 'old', 'new')");
      for (const kind of ['', '-journal']) {
        fs.copyFileSync(live + kind, database + kind);
        fs.copyFileSync(live + kind, `${database}.copy${kind}`);
      }
      throw new Error('rolled back');
    });
    await expect(work).rejects.toThrow('rolled back');
    await engine.close();
    expect(fs.readFileSync(database).includes('newnew')).toBe(true);

    const again = await open();
    const count = "SELECT count(*) FROM t WHERE value LIKE 'old%'";
    expect(await rows(again, count)).toEqual([[500]]);
    expect(await rows(again, 'PRAGMA integrity_check')).toEqual([['ok']]);
    await again.close();
    expect(native(`PRAGMA integrity_check; ${count}`, `${database}.copy`)).toBe('ok\n500');
  });
});

describe('opening a file that is no database', () => {
  test.each([
    ['text', 'This is the diary of nobody.'.repeat(100)],
    ['one byte', 'x'],
    ['a header cut short', 'SQLite form'],
    ['an encrypted database', String.fromCharCode(...Array.from({ length: 4096 }, (_, i) => (i * 73 + 5) % 256))],
    ['a newer format of SQLite', `SQLite format 4\0${'\x10\x00\x01\x01'.repeat(300)}`],
  ])('fails for %s and changes nothing', async (_, content) => {
    fs.writeFileSync(database, content, 'latin1');
    const before = fingerprint();
    const error = await failure();
    expect(error).toBeInstanceOf(NotADatabase);
    expect(error).toHaveProperty('path', fs.realpathSync(database));
    expect(fingerprint()).toEqual(before);
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });

  test('is not misled by a journal beside it', async () => {
    fs.writeFileSync(database, 'a letter to somebody');
    const journal = Buffer.concat([Buffer.from([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]), Buffer.alloc(2048)]);
    fs.writeFileSync(`${database}-journal`, journal);
    expect(await failure()).toBeInstanceOf(NotADatabase);
    expect(fs.readFileSync(database, 'latin1')).toBe('a letter to somebody');
    expect(fs.readFileSync(`${database}-journal`)).toEqual(journal);
  });
});

describe('a damaged database', () => {
  const fill = () =>
    native(`CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT); CREATE TABLE u (id);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
      INSERT INTO t SELECT i, printf('%0200d', i) FROM n;`);

  test('that was truncated is refused and left as it is', async () => {
    fill();
    fs.truncateSync(database, 3 * 4096);
    const before = fingerprint();
    const error = await failure();
    expect(error).toBeInstanceOf(DatabaseCorrupt);
    expect(error).toHaveProperty('message', expect.stringContaining(`${fs.realpathSync(database)} is damaged`));
    expect(fingerprint()).toEqual(before);
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });

  test('fails reads of the broken page, and allows others', async () => {
    fill();
    const handle = fs.openSync(database, 'r+');
    fs.writeSync(handle, Buffer.alloc(4096, 0xee), 0, 4096, 9 * 4096);
    fs.closeSync(handle);
    const engine = await open();
    const read = engine.all('SELECT sum(length(value)) FROM t');
    await expect(read).rejects.toBeInstanceOf(DatabaseCorrupt);
    await expect(read).rejects.toThrow(/is damaged: database disk image is malformed/);
    // SQLite commits no transaction that has encountered damage.
    const results = await engine.group<unknown>([
      (connection) => connection.run('INSERT INTO u VALUES (7)'),
      (connection) => connection.all('SELECT sum(length(value)) FROM t'),
    ]);
    for (const result of results) expect(result).toHaveProperty('reason.name', 'DatabaseCorrupt');
    await engine.run('INSERT INTO u VALUES (1)');
    expect(await rows(engine, 'SELECT * FROM u')).toEqual([[1]]);
    await engine.close();
  });
});

describe('opening a database', () => {
  test('turns a file of no bytes into a database', async () => {
    fs.writeFileSync(database, '');
    const engine = await open();
    await engine.run('CREATE TABLE t (id)');
    await engine.close();
    expect(fs.readFileSync(database, 'latin1').slice(0, 15)).toBe('SQLite format 3');
  });

  test('and closing it without a write leaves no file', async () => {
    await (await open()).close();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('and closing it without a write changes no byte', async () => {
    const engine = await open();
    await engine.run('CREATE TABLE t (id)');
    await engine.close();
    const before = fingerprint();
    await (await open()).close();
    expect(fingerprint()).toEqual(before);
  });

  test('twice is refused, and the first opener continues to work', async () => {
    const engine = await open();
    await engine.run('CREATE TABLE t (id)');
    expect(await failure()).toBeInstanceOf(DatabaseLocked);
    await engine.run('INSERT INTO t VALUES (1)');
    await engine.close();
    expect(await failure()).toBeUndefined();
  });

  test('in a missing folder is refused', async () => {
    expect(await failure(path.join(folder, 'none', 'cl.sqlite'))).toBeInstanceOf(DatabaseUnavailable);
  });

  test('without sqlite_synchronous sets synchronous to OFF', async () => {
    const engine = await open(database, false);
    expect(await rows(engine, 'PRAGMA synchronous')).toEqual([[0]]);
    await engine.close();
    const durable = await open();
    expect(await rows(durable, 'PRAGMA synchronous')).toEqual([[2]]);
    await durable.close();
  });
});
