/**
 * A disk that fails, at every single call of a small workload and in several ways: the error is typed and says what
 * failed, a change is there whole or not at all, and the database remains usable.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DatabaseUnavailable, OutcomeUnknown, StorageFailure } from '../../../src/errors/index.ts';
import { FilesystemMedium } from '../../../src/media/filesystem/filesystem.ts';
import { openSqliteOn, type SqliteEngine } from '../../../src/sql/engines/sqlite/sqlite.ts';
import { startSqlite } from '../../../src/vfs/start-sqlite.ts';
import { nativeSql } from '../../support/tables.ts';
import { type Fault, FaultyFs } from '../media/faulty-fs.ts';

let folder: string;
let database: string;
let faulty: FaultyFs;
let released: number;
beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'faults-')));
  database = path.join(folder, 'cl.sqlite');
  faulty = new FaultyFs();
  released = 0;
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

async function open(): Promise<SqliteEngine> {
  const lock = { release: () => void released++ };
  return openSqliteOn(await startSqlite(), new FilesystemMedium(faulty.fs, database, folder, lock), true);
}

test('an opening that fails at its last step leaves no SQLite connection open', async () => {
  const engine = await startSqlite();
  const [mount, unmount] = [vi.spyOn(engine, 'mount'), vi.spyOn(engine, 'unmount')];
  const lock = { release: () => void released++ };
  const medium = new FilesystemMedium(faulty.fs, database, folder, lock);
  medium.flush = async () => {
    throw new StorageFailure('no space');
  };
  await expect(openSqliteOn(await startSqlite(), medium, true)).rejects.toBeInstanceOf(StorageFailure);
  expect(mount).toHaveBeenCalledTimes(1);
  expect(unmount).toHaveBeenCalledTimes(1);
  expect(released).toBe(1);
  vi.restoreAllMocks();
});

/** A table with enough rows that a transaction needs its journal and several pages. */
async function prepare(): Promise<SqliteEngine> {
  const engine = await open();
  await engine.run('CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT)');
  await engine.transaction(async (connection) => {
    for (let id = 1; id <= 20; id++) await connection.run('INSERT INTO t VALUES (?, ?)', [id, 'old'.repeat(200)]);
  });
  return engine;
}

const change = (engine: SqliteEngine) =>
  engine.transaction(async (connection) => {
    await connection.run('UPDATE t SET value = ? WHERE id IN (1, 10, 20)', ['new']);
    await connection.run('DELETE FROM t WHERE id = 5');
    await connection.run('INSERT INTO t VALUES (?, ?)', [21, 'new'.repeat(5000)]);
  });
const stateSql = 'SELECT count(*), sum(length(value)), max(id) FROM t';
const before = [20, 12_000, 20];
const after = [20, 12_000 - 4 * 600 + 3 * 3 + 15_000, 21];
const state = async (engine: SqliteEngine) => (await engine.all(stateSql)).rows[0];

/** What native SQLite reads from the closed file, which it may have to recover first. */
function nativeState(): unknown {
  const sql = `PRAGMA integrity_check; ${stateSql};`;
  const [check, found = ''] = nativeSql(database, sql).split('\n');
  expect(check).toBe('ok');
  return found.split('|').map(Number);
}

/** Runs `attempt` with a fault at its first call, then at its second, and so on, until the fault is not reached. */
async function atEveryCall(fault: Omit<Fault, 'at'>, attempt: () => Promise<void>): Promise<number> {
  for (let at = 1; ; at++) {
    faulty = new FaultyFs();
    for (const name of fs.readdirSync(folder)) fs.rmSync(path.join(folder, name));
    pending = { ...fault, at };
    await attempt();
    if (faulty.fired === null) return at - 1;
  }
}
let pending: Fault;

/** The files in the folder that this process has open. */
function openFiles(): string[] {
  const targets = fs.readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return ''; // the one that listed them
    }
  });
  return targets.filter((target) => target.startsWith(folder));
}

const typed = (error: unknown) =>
  error instanceof StorageFailure || error instanceof DatabaseUnavailable || error instanceof OutcomeUnknown;

const faults: readonly [string, Omit<Fault, 'at'>][] = [
  ['fails once with EIO', { errno: 'EIO', lasting: false }],
  ['keeps failing with EIO', { errno: 'EIO', lasting: true }],
  [
    'is full from then on',
    { errno: 'ENOSPC', lasting: true, only: ['writeSync', 'ftruncateSync', 'fdatasyncSync', 'fsyncSync', 'openSync'] },
  ],
  ['is full after half of a write', { errno: 'ENOSPC', lasting: true, torn: true, only: ['writeSync'] }],
  ['fails once after half of a write', { errno: 'EIO', lasting: false, torn: true, only: ['writeSync'] }],
  ['syncs but reports a failure', { errno: 'EIO', lasting: false, late: true, only: ['fdatasyncSync', 'fsyncSync'] }],
  ['cannot open one more file', { errno: 'EMFILE', lasting: false, only: ['openSync'] }],
];

describe.each(faults)('a disk that %s', (_, fault) => {
  test('during a transaction stores it whole or not at all, and the next transaction works', async () => {
    const seen = new Set<string>();
    const calls = await atEveryCall(fault, async () => {
      const engine = await prepare();
      faulty.set(pending);
      const outcome: unknown = await change(engine).then(
        () => 'stored',
        (error: unknown) => error,
      );
      faulty.heal();
      const found = await state(engine);
      if (outcome === 'stored') {
        expect(found).toEqual(after);
      } else {
        expect(outcome).toSatisfy(typed);
        seen.add((outcome as Error).name);
        if (outcome instanceof OutcomeUnknown) expect([before, after]).toContainEqual(found);
        else expect(found).toEqual(before);
      }
      await engine.run("INSERT INTO t VALUES (100, 'later')");
      await engine.run('DELETE FROM t WHERE id = 100');
      await engine.close();
      expect(nativeState()).toEqual(found);
      expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
    });
    expect(calls).toBeGreaterThan(0);
    expect(seen.size).toBeGreaterThan(0);
  });

  test('until the program is killed leaves the change whole or not at all', async () => {
    await atEveryCall(fault, async () => {
      const engine = await prepare();
      faulty.set(pending);
      const outcome: unknown = await change(engine).then(
        () => 'stored',
        (error: unknown) => error,
      );
      // The files as a killed program leaves them.
      const left = path.join(folder, 'left.sqlite');
      for (const kind of ['', '-journal']) fs.copyFileSync(database + kind, left + kind);
      faulty.heal();
      await engine.close();
      for (const kind of ['', '-journal']) {
        fs.rmSync(database + kind, { force: true });
        fs.renameSync(left + kind, database + kind);
      }
      const again = await open();
      const found = await state(again);
      await again.close();
      if (outcome === 'stored') expect(found).toEqual(after);
      else if (outcome instanceof OutcomeUnknown) expect([before, after]).toContainEqual(found);
      else expect(found).toEqual(before);
      expect(nativeState()).toEqual(found);
    });
  });

  test('during a group stores its transactions, or rejects each of them', async () => {
    await atEveryCall(fault, async () => {
      const engine = await prepare();
      faulty.set(pending);
      const results = await engine.group([
        (connection) => connection.run('INSERT INTO t VALUES (30, ?)', ['x'.repeat(9000)]),
        (connection) => connection.run('INSERT INTO t VALUES (1, ?)', ['there already']),
        (connection) => connection.run('INSERT INTO t VALUES (31, ?)', ['y'.repeat(9000)]),
      ]);
      faulty.heal();
      const ids = (await engine.all('SELECT id FROM t WHERE id >= 30')).rows.flat();
      const [first, second, third] = results;
      expect(second?.status).toBe('rejected');
      expect(first?.status).toBe(third?.status);
      if (first?.status === 'rejected' && third?.status === 'rejected') {
        expect(first.reason).toSatisfy(typed);
        expect(third.reason).toBe(first.reason);
        if (!(first.reason instanceof OutcomeUnknown)) expect(ids).toEqual([]);
      } else {
        expect(ids).toEqual([30, 31]);
      }
      await engine.close();
      nativeState();
    });
  });

  test('during opening lets it succeed or fail unharmed, without a leaked lock or file', async () => {
    await atEveryCall(fault, async () => {
      await (await prepare()).close();
      released = 0;
      faulty.set(pending);
      const outcome: unknown = await open()
        .then((engine) => engine.close())
        .catch((error: unknown) => error);
      faulty.heal();
      expect(outcome).toSatisfy((found) => found === undefined || typed(found));
      expect(released).toBe(1);
      if (process.platform === 'linux') expect(openFiles()).toEqual([]);
      expect(nativeState()).toEqual(before);
      expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
    });
  });

  test('during the creation of a database leaves nothing but the file', async () => {
    await atEveryCall(fault, async () => {
      faulty.set(pending);
      const outcome: unknown = await open()
        .then((engine) => engine.close())
        .catch((error: unknown) => error);
      faulty.heal();
      expect(outcome).toSatisfy((found) => found === undefined || typed(found));
      // A disk that keeps failing cannot be cleaned up either.
      if (!pending.lasting) expect(fs.readdirSync(folder).filter((name) => name !== 'cl.sqlite')).toEqual([]);
    });
  });
});

describe('a storage failure', () => {
  test('has the path, the error code of the system and the cause', async () => {
    const engine = await prepare();
    faulty.set({ at: 1, errno: 'ENOSPC', lasting: true, only: ['writeSync'] });
    const error = await change(engine).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StorageFailure);
    expect(error).toMatchObject({ path: `${database}-journal`, errno: 'ENOSPC', cause: { code: 'ENOSPC' } });
    expect(error).toHaveProperty('message', expect.stringMatching(/the disk is full.*Free some space/));
    faulty.heal();
    await change(engine);
    await engine.close();
  });

  test('that is caught within a transaction still ends that transaction', async () => {
    const engine = await prepare();
    await engine.run('PRAGMA cache_size=1');
    const work = engine.transaction(async (connection) => {
      faulty.set({ at: 1, errno: 'EIO', lasting: true, only: ['writeSync', 'readSync'] });
      await connection.run("UPDATE t SET value = 'new'").catch(() => {});
      faulty.heal();
      await connection.run("INSERT INTO t VALUES (99, 'alone')");
    });
    await expect(work).rejects.toBeInstanceOf(StorageFailure);
    expect(await state(engine)).toEqual(before);
    await engine.close();
  });

  test('that is caught last in a transaction still fails it', async () => {
    const engine = await prepare();
    await engine.run('PRAGMA cache_size=1');
    const work = engine.transaction(async (connection) => {
      faulty.set({ at: 1, errno: 'EIO', lasting: true, only: ['writeSync'] });
      await connection.run("UPDATE t SET value = 'new'").catch(() => {});
      faulty.heal();
      return 'as if nothing had happened';
    });
    await expect(work).rejects.toMatchObject({ name: 'StorageFailure', errno: 'EIO' });
    expect(await state(engine)).toEqual(before);
    await engine.close();
  });

  test('during a read rejects that read, and the next one works', async () => {
    await (await prepare()).close();
    const engine = await open();
    faulty.set({ at: 2, errno: 'EIO', lasting: true, only: ['readSync'] });
    await expect(state(engine)).rejects.toMatchObject({ name: 'StorageFailure', path: database, errno: 'EIO' });
    faulty.heal();
    expect(await state(engine)).toEqual(before);
    await engine.close();
  });

  test('is not reported for a later, different fault', async () => {
    await (await prepare()).close();
    const engine = await open();
    faulty.set({ at: 2, errno: 'EIO', lasting: true, only: ['readSync'] });
    await expect(state(engine)).rejects.toMatchObject({ name: 'StorageFailure' });
    faulty.heal();
    fs.truncateSync(database, 4096);
    await expect(state(engine)).rejects.toMatchObject({ name: 'DatabaseCorrupt' });
    await engine.close();
  });

  test('after the commit point is reported as OutcomeUnknown', async () => {
    const engine = await prepare();
    // The last sync of a commit is that of the truncated journal.
    faulty.set({ at: Number.POSITIVE_INFINITY, errno: 'EIO', lasting: false, only: ['fdatasyncSync', 'fsyncSync'] });
    await change(engine);
    const last = faulty.made.length;
    faulty.set({ at: last, errno: 'EIO', lasting: false, only: ['fdatasyncSync', 'fsyncSync'] });
    const again = engine.run("INSERT INTO t VALUES (50, 'x')");
    await expect(again).rejects.toBeInstanceOf(OutcomeUnknown);
    await expect(again).rejects.toHaveProperty('cause.errno', 'EIO');
    expect((await engine.all('SELECT count(*) FROM t WHERE id = 50')).rows).toEqual([[1]]);
    await engine.close();
  });
});

describe('a disk that is really full', () => {
  test('refuses the change, keeps the database, and accepts smaller changes', async (context) => {
    context.skip(process.platform !== 'linux' || process.getuid?.() !== 0, 'only root of Linux can make a small disk');
    const mount = path.join(folder, 'small');
    fs.mkdirSync(mount);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', mount], { stdio: 'ignore' });
    } catch {
      context.skip('file systems cannot be mounted here');
    }
    try {
      database = path.join(mount, 'cl.sqlite');
      folder = mount;
      const engine = await prepare();
      const large = engine.run("INSERT INTO t VALUES (99, printf('%0400000d', 1))");
      await expect(large).rejects.toMatchObject({ name: 'StorageFailure', errno: 'ENOSPC' });
      expect(await state(engine)).toEqual(before);
      await change(engine);
      await engine.close();
      expect(nativeState()).toEqual(after);
    } finally {
      folder = path.dirname(mount);
      execFileSync('umount', [mount]);
    }
  });
});
