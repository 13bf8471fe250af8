/**
 * A keeper holds SQLite's own lock for this library: native programs wait for it as they wait for each other, nothing
 * is left beside the file, and the loss of the keeper is noticed before anything is written.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DatabaseChanged, DatabaseLocked, DatabaseUnavailable, EngineMismatch } from '../../src/errors/index.ts';
import type { FileState } from '../../src/media/filesystem/file-state.ts';
import { Keeper } from '../../src/media/locks/keeper.ts';
import { ProgramRunner } from '../../src/media/locks/keeper-program.ts';
import type { StartKeeper } from '../../src/media/locks/start-keeper.ts';
import { hostMedia } from '../../src/media/open-on-host.ts';
import { openSqlite, type SqliteEngine } from '../../src/sql/engines/sqlite/sqlite.ts';
import { openReader } from '../../src/sql/engines/sqlite/sqlite-reader.ts';
import { keepers, openGuarded } from '../support/engines.ts';
import { needs } from '../support/native-programs.ts';
import { holdSharedMemory, type NativeShell, needsLockTable, python3 } from '../support/native-shell.ts';
import { startProgram } from '../support/program.ts';
import { bun, deno, newNode, node } from '../support/runtimes.ts';

let folder: string;
let database: string;
const shells: NativeShell[] = [];
const engines: SqliteEngine[] = [];
beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'holding-')));
  database = path.join(folder, 'cl.sqlite');
});
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
  for (const shell of shells.splice(0)) await shell.kill();
  fs.rmSync(folder, { recursive: true, force: true });
});

function start(program = python3): NativeShell {
  const shell = program.start(database);
  shells.push(shell);
  return shell;
}
async function open(keeper: StartKeeper, busyTimeout = 200): Promise<SqliteEngine> {
  const engine = await openGuarded(database, { keeper, busyTimeout });
  engines.push(engine);
  expect(engine.nativeLocks).toBe('held');
  return engine;
}
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error,
  );
const locked = expect.stringContaining('error: database is locked');
const fill = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
  INSERT INTO t SELECT i, printf('old %0200d', i) FROM n`;

describe.each(keepers)('the native lock held by $name', ({ start: keeper }) => {
  beforeEach(() => needs('python3', 'sqlite3'));

  test('lets native programs read an open database, but not write to it until it is closed', async () => {
    const engine = await open(keeper);
    await engine.run('CREATE TABLE t (id)');
    const shell = start();
    for (let id = 1; id <= 3; id++) {
      await engine.run('INSERT INTO t VALUES (?)', [id]);
      await engine.all('SELECT 1');
      expect(await shell.run('SELECT count(*) FROM t')).toBe(String(id));
      expect(await shell.run('INSERT INTO t VALUES (0)')).toEqual(locked);
      expect(await shell.run('BEGIN IMMEDIATE')).toEqual(locked);
    }
    await engine.close();
    expect(await shell.run('INSERT INTO t VALUES (4)')).toBe('');
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });

  test('lets no native program read during a transaction', async () => {
    const engine = await open(keeper);
    await engine.run('CREATE TABLE t (id)');
    const shell = start();
    await engine.transaction(async (connection) => {
      expect(await shell.run('SELECT count(*) FROM t')).toEqual(locked);
      await connection.run('INSERT INTO t VALUES (1)');
      expect(await shell.run('SELECT count(*) FROM t')).toEqual(locked);
    });
    expect(await shell.run('SELECT count(*) FROM t')).toBe('1');
  });

  test('reads one state after a copy with the same change counter was written over the file', async () => {
    const other = path.join(folder, 'other.sqlite');
    const filled = async (letter: string): Promise<SqliteEngine> => {
      const engine = await open(keeper);
      await engine.run(`UPDATE t SET padding = replace(hex(zeroblob(200)), '00', '${letter}')`);
      return engine;
    };
    const first = await open(keeper);
    await first.run('CREATE TABLE t (id INTEGER PRIMARY KEY, padding)');
    await first.run(
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200) INSERT INTO t SELECT i, 0 FROM n',
    );
    await first.close();
    fs.copyFileSync(database, other);
    await (await filled('B')).close();
    execFileSync('cp', [database, `${other}.B`]);
    execFileSync('cp', [other, database]);
    const engine = await filled('A');
    expect((await engine.all('SELECT DISTINCT padding FROM t WHERE id < 20')).rows).toEqual([['A'.repeat(200)]]);
    execFileSync('cp', [`${other}.B`, database]);
    expect((await engine.all('SELECT DISTINCT padding FROM t')).rows).toEqual([['B'.repeat(200)]]);
    await expect(engine.run('DELETE FROM t')).rejects.toThrow(DatabaseChanged);
  });

  test('lets native programs read a change as soon as its promise resolves, even if the lock is lowered slowly', async () => {
    const stepsDownSlowly: StartKeeper = async (file) => {
      const made = await keeper(file);
      if (made === null) return null;
      made.rest = async () => {
        await new Promise((resolve) => void setTimeout(resolve, 100));
        return Keeper.prototype.rest.call(made);
      };
      return made;
    };
    const engine = await open(stepsDownSlowly);
    await engine.run('CREATE TABLE t (id)');
    expect(await start().run('SELECT count(*) FROM t')).toBe('0');
  });

  test('waits for a native reader before a change, and is held again afterwards', async () => {
    const engine = await open(keeper, 20_000);
    await engine.run('CREATE TABLE t (id)');
    const shell = start();
    await shell.run('BEGIN');
    await shell.run('SELECT * FROM t');
    const write = engine.run('INSERT INTO t VALUES (1)').then(() => 'written');
    expect(await Promise.race([write, new Promise((resolve) => setTimeout(resolve, 100, 'waiting'))])).toBe('waiting');
    await shell.run('COMMIT');
    expect(await write).toBe('written');
    expect(await shell.run('INSERT INTO t VALUES (0)')).toEqual(locked);
  });

  test('names a native reader that blocks a change, which writes nothing, and the next change works', async (context) => {
    needsLockTable(context);
    const engine = await open(keeper);
    await engine.run('CREATE TABLE t (id)');
    const shell = start();
    await shell.run('BEGIN');
    await shell.run('SELECT * FROM t');
    const before = fs.readFileSync(database);
    const error = await failure(engine.run('INSERT INTO t VALUES (1)'));
    expect(error).toBeInstanceOf(DatabaseLocked);
    expect(error).toMatchObject({ pid: shell.pid, host: os.hostname() });
    expect(fs.readFileSync(database)).toEqual(before);
    const group = await engine.group([(connection) => connection.run('DELETE FROM t'), async () => 1]);
    expect(group).toMatchObject([
      { status: 'rejected', reason: { pid: shell.pid } },
      { status: 'rejected', reason: { pid: shell.pid } },
    ]);
    await shell.run('COMMIT');
    await engine.run('INSERT INTO t VALUES (2)');
    expect(await shell.run('SELECT group_concat(id) FROM t')).toBe('2');
  });

  test('makes opening wait for a native transaction, and names its process on timeout', async (context) => {
    needsLockTable(context);
    const shell = start();
    await shell.run('CREATE TABLE t (id INTEGER PRIMARY KEY, value)');
    await shell.run(fill);
    await shell.run('PRAGMA cache_size=2');
    await shell.run('BEGIN');
    await shell.run("UPDATE t SET value = replace(value, 'old', 'new')");
    const journal = fs.readFileSync(`${database}-journal`);
    expect(await failure(openGuarded(database, { keeper }))).toMatchObject({ name: 'DatabaseLocked', pid: shell.pid });
    expect(fs.readFileSync(`${database}-journal`)).toEqual(journal);
    const opening = open(keeper, 20_000);
    await shell.run('COMMIT');
    const engine = await opening;
    expect((await engine.all("SELECT count(*) FROM t WHERE value LIKE 'new%'")).rows).toEqual([[2000]]);
  });

  test('covers a new database from the start, with nothing beside it but its journal', async () => {
    const engine = await open(keeper);
    const shell = start();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
    expect(fs.statSync(database).size).toBe(0);
    expect(await shell.run('CREATE TABLE native (id)')).toEqual(locked);
    await engine.transaction(async (connection) => {
      await connection.run('CREATE TABLE t (id)');
      expect(await shell.run('SELECT count(*) FROM sqlite_master')).toEqual(locked);
    });
    const written = fs.readFileSync(database);
    expect(written.length).toBeGreaterThan(0);
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite', 'cl.sqlite-journal']);
    await engine.close();
    expect(fs.readFileSync(database)).toEqual(written);
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
    expect(await shell.run('PRAGMA integrity_check')).toBe('ok');
  });

  test('is not taken before the engine has started, and nothing is left if that fails', async () => {
    const shell = start();
    await shell.run('CREATE TABLE t (id)');
    let made: Promise<Keeper | null> | undefined;
    let refuse: (reason: Error) => void = () => {};
    const engine = new Promise<never>((_, reject) => {
      refuse = reject;
    });
    const opening = failure(openGuarded(database, { keeper: (file) => (made = keeper(file)), engine }));
    await expect.poll(() => made).toBeDefined();
    const pid = (await made)?.pid ?? null;
    expect(await shell.run('INSERT INTO t VALUES (1)')).toBe('');
    refuse(new EngineMismatch('refused'));
    expect(await opening).toBeInstanceOf(EngineMismatch);
    expect(pid !== null && fs.existsSync(`/proc/${pid}`)).toBe(false);

    const fresh = openGuarded(path.join(folder, 'new.sqlite'), { keeper, engine });
    expect(await failure(fresh)).toBeInstanceOf(EngineMismatch);
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });

  describe('where the locks of others cannot be seen', () => {
    const blind = {
      ...fs,
      readlinkSync(name: string) {
        if (name === '/proc/self') throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
        return fs.readlinkSync(name);
      },
    } as unknown as typeof fs; // It is called in this way only.
    const engine = (): Promise<never> => {
      const refused = Promise.reject(new EngineMismatch('refused'));
      refused.catch(() => {});
      return refused;
    };

    test('leaves no new file if the engine does not start', async () => {
      const busyTimeout = 20_000;
      const refused = await failure(openGuarded(database, { keeper, engine: engine(), fs: blind, busyTimeout }));
      expect(refused).toBeInstanceOf(EngineMismatch);
      expect(fs.readdirSync(folder)).toEqual([]);
    });

    test.each(['BEGIN IMMEDIATE', 'BEGIN; SELECT * FROM sqlite_master'])(
      'leaves a new file that another program has begun to use (%s)',
      async (sql) => {
        const shell = start();
        const meanwhile: StartKeeper = async (file) => {
          for (const statement of sql.split('; ')) expect(await shell.run(statement)).toBe('');
          return keeper(file);
        };
        const before = performance.now();
        const refused = await failure(
          openGuarded(database, { keeper: meanwhile, engine: engine(), fs: blind, busyTimeout: 20_000 }),
        );
        expect(refused).toBeInstanceOf(EngineMismatch);
        expect(performance.now() - before).toBeLessThan(10_000);
        expect(fs.readdirSync(folder)).toContain('cl.sqlite');
      },
    );
  });

  test('leaves no file if nothing was written to a new database', async () => {
    const engine = await open(keeper);
    await engine.close();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('lets opening roll back a hot journal once', async () => {
    const shell = start();
    await shell.run('CREATE TABLE t (id INTEGER PRIMARY KEY, value)');
    await shell.run(fill);
    await shell.run('PRAGMA cache_size=2');
    await shell.run('BEGIN');
    await shell.run("UPDATE t SET value = replace(value, 'old', 'new')");
    await shell.kill();
    expect(fs.statSync(`${database}-journal`).size).toBeGreaterThan(100_000);
    const engine = await open(keeper);
    expect((await engine.all("SELECT count(*) FROM t WHERE value LIKE 'old%'")).rows).toEqual([[2000]]);
    await engine.run('DELETE FROM t WHERE id = 1');
    await engine.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });

  test('lets opening checkpoint a write-ahead log unless a native program uses it, and starts none', async (context) => {
    needsLockTable(context);
    const shell = start();
    await shell.run('PRAGMA journal_mode=WAL');
    await shell.run('CREATE TABLE t (id)');
    await shell.run('INSERT INTO t VALUES (1)');
    const log = fs.readFileSync(`${database}-wal`);
    expect(await failure(openGuarded(database, { keeper }))).toMatchObject({ name: 'DatabaseLocked', pid: shell.pid });
    expect(fs.readFileSync(`${database}-wal`)).toEqual(log);
    expect(await shell.run('INSERT INTO t VALUES (2)')).toBe('');
    await shell.kill();
    const engine = await open(keeper);
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
    expect((await engine.all('SELECT count(*) FROM t')).rows).toEqual([[2]]);
    await engine.run('INSERT INTO t VALUES (3)');
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite', 'cl.sqlite-journal']);
  });

  test.each([
    ['before the lock is taken', true],
    ['again after the first one was checkpointed', false],
  ])('lets opening checkpoint a write-ahead log that a native program starts meanwhile, %s', async (_, isFirst) => {
    const shell = start();
    await shell.run('CREATE TABLE t (id)');
    const beginLog = async (): Promise<void> => {
      expect(await shell.run('PRAGMA journal_mode=WAL')).toBe('wal');
      await shell.run('INSERT INTO t VALUES (1)');
      await shell.close();
    };
    if (!isFirst) await beginLog();
    let attempts = 0;
    // On a busy machine, the first attempt may take this long.
    const patience = 20_000;
    const engine = await open(async (file) => {
      const keeping = await keeper(file);
      const exclude = keeping?.exclude.bind(keeping);
      if (keeping === null || exclude === undefined) return expect.unreachable();
      return Object.assign(keeping, {
        async exclude(state: FileState) {
          if (++attempts > 1) return exclude(state);
          expect(state.writeAheadLog).toBe(!isFirst);
          if (isFirst) await beginLog();
          return exclude({ ...state, writeAheadLog: false });
        },
      });
    }, patience);
    expect((await engine.all('SELECT * FROM t')).rows).toEqual([[1]]);
    await engine.run('INSERT INTO t VALUES (2)');
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite', 'cl.sqlite-journal']);
  });

  test('survives every use of the file by this library', async () => {
    const engine = await open(keeper);
    await engine.run('CREATE TABLE t (id)');
    const shell = start();
    const isHeld = async () => expect(await shell.run('BEGIN IMMEDIATE')).toEqual(locked);
    await engine.bytes();
    await isHeld();
    const reader = await openReader(hostMedia, {
      medium: 'filesystem',
      database,
      from: null,
      sqlite_synchronous: true,
      busy_timeout: 5000,
    });
    expect((await reader.all('SELECT count(*) FROM t')).rows).toEqual([[0]]);
    await isHeld();
    await reader.close();
    await isHeld();
    await engine.refresh();
    await isHeld();
    expect(await failure(openGuarded(path.join(folder, 'none', 'x'), { keeper }))).toBeInstanceOf(DatabaseUnavailable);
    await isHeld();
  });

  test('allows no write while another process uses a write-ahead log without a lock on the file', async (context) => {
    needsLockTable(context);
    const engine = await open(keeper);
    await engine.run('CREATE TABLE t (id)');
    const before = fs.readFileSync(database);
    const child = await holdSharedMemory(database);
    const refused = await failure(engine.run('INSERT INTO t VALUES (1)'));
    expect(refused).toMatchObject({ name: 'DatabaseLocked', pid: child.pid });
    expect(fs.readFileSync(database)).toEqual(before);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await engine.run('INSERT INTO t VALUES (1)');
  });

  test('is taken again by the next read if something else in this process dropped it', async (context) => {
    needsLockTable(context);
    const engine = await open(keeper);
    await engine.run('CREATE TABLE t (id)');
    const shell = start();
    // Closing any descriptor of the file drops the locks that this process has on it.
    fs.closeSync(fs.openSync(database, 'r'));
    expect((await engine.all('SELECT count(*) FROM t')).rows).toEqual([[0]]);
    expect(await shell.run('BEGIN IMMEDIATE')).toEqual(locked);
  });
});

describe('the sqlite3 process that holds the lock', () => {
  let runner: ProgramRunner | null;
  let starts: number;
  const keeper: StartKeeper = async (file) => {
    starts += 1;
    runner = await ProgramRunner.start(file);
    return runner === null ? null : new Keeper(runner, file);
  };
  beforeEach((context) => {
    needs('python3', 'sqlite3');
    needsLockTable(context);
    starts = 0;
  });
  const isGone = (pid: number): boolean => !fs.existsSync(`/proc/${pid}`);
  async function killKeeper(): Promise<void> {
    process.kill(runner?.pid ?? 0, 'SIGKILL');
    await expect.poll(() => runner?.alive).toBe(false);
  }

  test('exits when the database is closed', async () => {
    const engine = await open(keeper);
    const pid = runner?.pid ?? 0;
    expect(isGone(pid)).toBe(false);
    await engine.close();
    expect(isGone(pid)).toBe(true);
  });

  test('is restarted before the next change if it was killed', async () => {
    const engine = await open(keeper);
    await engine.run('CREATE TABLE t (id)');
    await killKeeper();
    await engine.run('INSERT INTO t VALUES (1)');
    expect(starts).toBe(2);
    const shell = start();
    expect(await shell.run('INSERT INTO t VALUES (2)')).toEqual(locked);
    expect((await engine.all('SELECT count(*) FROM t')).rows).toEqual([[1]]);
  });

  test('leaves the database readable if it was killed, with a check for native locks', async () => {
    const engine = await open(keeper);
    await engine.run('CREATE TABLE t (id)');
    await killKeeper();
    const shell = start();
    expect(await shell.run('INSERT INTO t VALUES (1)')).toBe('');
    expect((await engine.all('SELECT count(*) FROM t')).rows).toEqual([[1]]);
    await shell.run('BEGIN EXCLUSIVE');
    expect(await failure(engine.all('SELECT count(*) FROM t'))).toMatchObject({ name: 'DatabaseLocked' });
    await shell.run('COMMIT');
    expect(await failure(engine.run('INSERT INTO t VALUES (2)'))).toBeInstanceOf(DatabaseChanged);
  });

  test('fails changes before they are written if it was killed and cannot be restarted', async () => {
    let there = true;
    const engine = await open((file) => (there ? keeper(file) : Promise.resolve(null)));
    await engine.run('CREATE TABLE t (id)');
    const before = fs.readFileSync(database);
    await killKeeper();
    there = false;
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await failure(engine.run('INSERT INTO t VALUES (1)'));
      expect(error).toBeInstanceOf(DatabaseUnavailable);
      expect(error).toHaveProperty('message', expect.stringMatching(/native SQLite .* was lost.*SIGKILL/));
    }
    expect(fs.readFileSync(database)).toEqual(before);
    there = true;
    await engine.run('INSERT INTO t VALUES (2)');
    expect((await engine.all('SELECT * FROM t')).rows).toEqual([[2]]);
  });

  test('fails a transaction before the file is written if it is killed during it', async () => {
    const engine = await open(keeper);
    await engine.run('CREATE TABLE t (id)');
    for (const moment of ['first', 'last']) {
      const before = fs.readFileSync(database);
      const work = engine.transaction(async (connection) => {
        if (moment === 'first') await killKeeper();
        await connection.run('INSERT INTO t VALUES (1)');
        if (moment === 'last') await killKeeper();
      });
      const error = await failure(work);
      expect(error).toBeInstanceOf(DatabaseUnavailable);
      expect(error).toHaveProperty('message', expect.stringContaining('was lost during a change'));
      expect(fs.readFileSync(database)).toEqual(before);
      await engine.run('DELETE FROM t');
    }
  });

  test('ignores the .sqliterc of the user', async () => {
    const home = process.env['HOME'];
    process.env['HOME'] = folder;
    fs.writeFileSync(path.join(folder, '.sqliterc'), 'PRAGMA journal_mode=WAL;\nCREATE TABLE settings (id);\n');
    try {
      const engine = await open(keeper);
      await engine.run('CREATE TABLE t (id)');
      expect((await engine.all('SELECT name FROM sqlite_schema')).rows).toEqual([['t']]);
    } finally {
      process.env['HOME'] = home;
    }
  });
});

describe.each([node, newNode, deno, bun])('a program on $name', ({ command, missing }) => {
  const index = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
  const say = 'console.log(JSON.stringify({ info: await cl.info() }));';
  /** Writes a program that opens the database, prints its info, and then runs the given code; returns its path. */
  function write(rest: string): string {
    const file = path.join(folder, 'program.mjs');
    const config = JSON.stringify({ storage: 'db', connection: `sqlite:///${database}` });
    fs.writeFileSync(
      file,
      `import { KeyValue, setup } from ${JSON.stringify(index)};\n` +
        `const cl = await setup({ persistence_config: ${config} });\n${say}\n${rest}\n`,
    );
    return file;
  }
  const keeperOf = (pid: number): number[] => {
    const children = fs.readFileSync('/proc/locks', 'latin1').matchAll(/WRITE (\d+) \S+:(\d+) 1073741825/g);
    const inode = String(fs.statSync(database).ino);
    return [...children].flatMap(([, holder, of]) => (of === inode && Number(holder) !== pid ? [Number(holder)] : []));
  };

  beforeEach((context) => {
    needs('python3', 'sqlite3');
    needsLockTable(context);
    if (command === null) context.skip(missing);
  });

  test('holds the native lock while the database is open, and loses it when it is killed', async () => {
    const program = startProgram<{ info: { native_locks: string } }>([
      ...(command ?? expect.unreachable()),
      write('setInterval(() => {}, 1000);'),
    ]);
    const { info } = await program.heard(() => true);
    expect(info.native_locks).toBe('held');
    const shell = start();
    expect(await shell.run('CREATE TABLE native (id)')).toEqual(locked);
    const held = keeperOf(process.pid);
    expect(held).toHaveLength(1);
    await program.kill();
    await expect.poll(() => shell.run('CREATE TABLE IF NOT EXISTS native (id)')).toBe('');
    expect(keeperOf(process.pid)).toEqual([]);
  });

  test('that is stopped in the middle of its changes keeps others out, and goes on when it continues', async () => {
    const program = startProgram<{ pid?: number; n?: number }>([
      ...(command ?? expect.unreachable()),
      write(`console.log(JSON.stringify({ pid: process.pid }));
        for (let n = 0; ; n++) {
          try {
            await cl.persistence.setKeyValue(new KeyValue(String(n % 9), (n + ' ').repeat(3000)));
          } catch (error) {
            if (error.name !== 'DatabaseChanged') throw error;
            await cl.refresh();
          }
          console.log(JSON.stringify({ n }));
        }`),
    ]);
    const { pid = 0 } = await program.heard((line) => line.pid !== undefined);
    const shell = start();
    const config = { medium: 'filesystem', database, from: null, sqlite_synchronous: true, busy_timeout: 0 } as const;
    const keyValue = 'cinderlib_persistence_key_value';
    const written: string[] = [];
    for (let round = 0; round < 8; round++) {
      await program.heard((line) => line.n !== undefined);
      await new Promise((done) => setTimeout(done, 3 * round));
      process.kill(pid, 'SIGSTOP');
      try {
        const said = await shell.run(`INSERT INTO ${keyValue} VALUES ('native ${round}', '1')`);
        if (said === '') written.push(`native ${round}`);
        else expect(said).toEqual(locked);
        expect(await failure(openSqlite(hostMedia, config))).toMatchObject({ name: 'DatabaseLocked', pid });
      } finally {
        process.kill(pid, 'SIGCONT');
      }
    }
    // Only between two locks of the keeper may another program get in, and then it loses nothing.
    expect(written.length).toBeLessThan(3);
    await program.heard((line) => line.n !== undefined);
    await program.kill();
    await expect.poll(() => shell.run('PRAGMA integrity_check')).toBe('ok');
    const found = await shell.run(`SELECT key FROM ${keyValue} WHERE key LIKE 'native%' ORDER BY key`);
    expect(found).toBe(written.join('\n'));
  });

  test.each([
    ['by itself', ''],
    ['by process.exit()', 'process.exit(0);'],
    ['by itself, after a change', "await cl.persistence.setKeyValue(new KeyValue('k', 'v'));"],
  ])('that ends %s without close() leaves no lock, no lock file and no child process', async (_, rest) => {
    const program = startProgram([...(command ?? expect.unreachable()), write(rest)]);
    const { code, errors } = await program.ended;
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(fs.existsSync(`${database}.lock`)).toBe(false);
    await expect.poll(() => keeperOf(process.pid)).toEqual([]);
    expect(await start().run('PRAGMA integrity_check')).toBe('ok');
  });

  test('that runs out of file descriptors holds the native lock, or fails to open the database', async () => {
    const file = write(`await cl.close();
      const { openSync, closeSync } = process.getBuiltinModule('node:fs');
      async function open() {
        const persistence_config = ${JSON.stringify({ storage: 'db', connection: `sqlite:///${database}` })};
        try {
          const cl = await setup({ persistence_config, worker: false });
          const { native_locks } = await cl.info();
          await cl.close();
          return native_locks;
        } catch (error) {
          return error.name;
        }
      }
      await open();
      const outcomes = [];
      for (let left = 0; left < 12; left++) {
        const taken = [];
        try {
          for (;;) taken.push(openSync('/dev/null'));
        } catch {}
        for (const descriptor of taken.splice(0, left)) closeSync(descriptor);
        outcomes.push(await open());
        for (const descriptor of taken) closeSync(descriptor);
      }
      console.log(JSON.stringify({ outcomes }));`);
    const limited = ['-c', 'ulimit -n 100; exec "$@"', 'sh', ...(command ?? expect.unreachable()), file];
    const program = startProgram<{ outcomes?: string[] }>(['sh', ...limited]);
    const { outcomes } = await program.heard((line) => 'outcomes' in line);
    expect(new Set(outcomes)).toEqual(new Set(['StorageFailure', 'held']));
    await program.ended;
  });
});

test('ProgramRunner.run() returns the complaints of SQLite, and rejects after close()', async () => {
  needs('sqlite3');
  fs.writeFileSync(database, '');
  const runner = await ProgramRunner.start(database);
  expect(await runner?.run('SELECT 1')).toBe('');
  expect(await runner?.run('SELECT nobody')).toContain('no such column: nobody');
  await runner?.close();
  await expect(runner?.run('SELECT 1')).rejects.toThrow('sqlite3 ended with code');
});
