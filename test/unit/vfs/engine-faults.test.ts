/**
 * An engine that traps, at every single call of a small workload: the error is typed, nothing more is asked of that
 * engine, a change is there whole or not at all, and the database can be used again at once.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DatabaseTakenOver, OutcomeUnknown, StorageFailure } from '../../../src/errors/index.ts';
import { FilesystemMedium } from '../../../src/media/filesystem/filesystem.ts';
import { ReadOnlyMedium } from '../../../src/media/filesystem/read-only.ts';
import type { Medium } from '../../../src/media/medium.ts';
import { MemoryMedium } from '../../../src/media/memory.ts';
import { OpfsMedium } from '../../../src/media/opfs/opfs.ts';
import { OpfsPlace } from '../../../src/media/opfs/opfs-place.ts';
import type { SqlConnection } from '../../../src/sql/engine.ts';
import { openSqliteOn, type SqliteEngine } from '../../../src/sql/engines/sqlite/sqlite.ts';
import { SqliteReader } from '../../../src/sql/engines/sqlite/sqlite-reader.ts';
import { adopt, startSqlite } from '../../../src/vfs/start-sqlite.ts';
import { nativeSql } from '../../support/tables.ts';
import { freshEngine } from './fresh-engine.ts';
import { stubPrivateFiles } from './private-files-on-disk.ts';
import { Trap, trappingEngine } from './trapping-engine.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'traps-')));
  file = path.join(folder, 'cl.sqlite');
});
afterEach(() => {
  vi.unstubAllGlobals();
  fs.rmSync(folder, { recursive: true });
});

const lock = { release: () => {} };

/** A medium for each way to roll back; `native`: whether the file can be read by native SQLite afterwards. */
const media: readonly { readonly journal: string; readonly native: boolean; readonly open: () => Promise<Medium> }[] = [
  { journal: 'a rollback journal', native: true, open: async () => new FilesystemMedium(fs, file, folder, lock) },
  { journal: 'a write-ahead log', native: true, open: openWithLog },
  { journal: 'a journal in memory', native: false, open: async () => new MemoryMedium() },
];

async function openWithLog(): Promise<Medium> {
  stubPrivateFiles(folder);
  return OpfsMedium.open(await OpfsPlace.find('cl.sqlite', 'opfs:cl.sqlite', true), lock, true);
}

const stateSql = 'SELECT count(*), sum(length(value)), max(id) FROM t';
const before = [20, 12_000, 20];
const after = [20, 12_000 - 4 * 600 + 3 * 3 + 15_000, 21];
const state = async (engine: SqliteEngine) => (await engine.all(stateSql)).rows[0];

async function prepare(engine: SqliteEngine): Promise<void> {
  await engine.run('CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT)');
  await engine.transaction(async (connection) => {
    for (let id = 1; id <= 20; id++) await connection.run('INSERT INTO t VALUES (?, ?)', [id, 'old'.repeat(200)]);
  });
}

const change = (engine: SqliteEngine) =>
  engine.transaction(async (connection) => {
    await connection.run('UPDATE t SET value = ? WHERE id IN (1, 10, 20)', ['new']);
    await connection.run('DELETE FROM t WHERE id = 5');
    await connection.run('INSERT INTO t VALUES (?, ?)', [21, 'new'.repeat(5000)]);
  });

interface Trapped {
  readonly engine: SqliteEngine;
  readonly trap: Trap;
}

/** Runs `attempt` with a trap at its first call, then at its second, and so on, until the trap is not reached. */
async function atEveryCall(
  { where, late, open }: { where: 'files' | 'API'; late: boolean; open: () => Promise<Medium> },
  attempt: (trapped: Trapped) => Promise<void>,
): Promise<number> {
  for (let at = 1; ; at++) {
    for (const name of fs.readdirSync(folder)) fs.rmSync(path.join(folder, name));
    const { engine: sqlite, trap } = await trappingEngine(where);
    const engine = await openSqliteOn(sqlite, await open(), true);
    await prepare(engine);
    trap.arm(at, late);
    await attempt({ engine, trap });
    expect(trap.later).toBe(0);
    if (!trap.sprung) return at - 1;
  }
}

const cases = media.flatMap((medium) =>
  (['files', 'API'] as const).flatMap((where) => [false, true].map((late) => ({ ...medium, where, late }))),
);

describe.each(cases)('with $journal, an engine that traps in its $where (late: $late)', (trapping) => {
  test('stores a transaction whole or not at all, and is replaced', async () => {
    const outcomes = new Set<string>();
    const calls = await atEveryCall(trapping, async ({ engine, trap }) => {
      const [result] = await Promise.allSettled([change(engine)]);
      trap.disarm();
      if (result.status === 'rejected') expect(result.reason.cause).toBeInstanceOf(WebAssembly.RuntimeError);
      const found = await state(engine);
      outcomes.add(`${result.status === 'fulfilled' ? 'stored' : result.reason.name} ${found?.[2]}`);
      expect([before, after]).toContainEqual(found);
      await engine.run('INSERT INTO t VALUES (99, NULL)');
      expect((await engine.all('PRAGMA integrity_check')).rows).toEqual([['ok']]);
      await engine.close();
      if (!trapping.native) return;
      const native = nativeSql(file, `PRAGMA integrity_check; ${stateSql};`);
      expect(native.split('\n')).toEqual(['ok', [Number(found?.[0]) + 1, found?.[1], 99].join('|')]);
    });
    expect(calls).toBeGreaterThan(10);
    // What is reported as failed is not there, unless the error says that it may be.
    for (const outcome of outcomes) expect(outcome).toMatch(/^(?:stored 21|StorageFailure 20|OutcomeUnknown 2[01])$/);
    expect(outcomes.size).toBeGreaterThan(1);
    expect([...outcomes].join().includes('OutcomeUnknown')).toBe(trapping.native);
  });
});

describe.each(cases.filter(({ late }) => !late))('with $journal, an engine that traps in its $where', (trapping) => {
  test('brings the database to rest when it is closed next', async () => {
    await atEveryCall(trapping, async ({ engine, trap }) => {
      const [result] = await Promise.allSettled([change(engine)]);
      trap.disarm();
      await engine.close();
      // One in memory is gone.
      if (!trapping.native) return;
      expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
      const again = await openSqliteOn(await startSqlite(), await trapping.open(), true);
      const found = await state(again);
      expect(result.status === 'fulfilled' ? [after] : [before, after]).toContainEqual(found);
      expect((await again.all('PRAGMA integrity_check')).rows).toEqual([['ok']]);
      await again.close();
    });
  });
});

test('an engine that traps in any of its functions is replaced, also in one that allocates memory', async () => {
  for (let at = 1; at <= 20; at++) {
    const trap = new Trap();
    trapNext(trap);
    const engine = await openSqliteOn(adopt(await freshEngine()), new MemoryMedium(), true);
    await prepare(engine);
    trap.arm(at, false);
    await expect(change(engine)).rejects.toMatchObject({
      name: 'StorageFailure',
      cause: { message: 'Out of bounds memory access' },
    });
    expect(trap.later).toBe(0);
    expect(await state(engine)).toEqual(before);
    await engine.close();
  }
});

test('a group of transactions fails as a whole, and can be repeated', async () => {
  const { engine: sqlite, trap } = await trappingEngine('files');
  const engine = await openSqliteOn(sqlite, new FilesystemMedium(fs, file, folder, lock), true);
  await prepare(engine);
  const insert = (id: number) => (connection: SqlConnection) => connection.run('INSERT INTO t VALUES (?, NULL)', [id]);
  trap.arm(5, false);
  const failed = await engine.group([insert(30), insert(31)]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await state(engine)).toEqual(before);
  const repeated = await engine.group([insert(30), insert(31)]);
  expect(repeated.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  expect((await state(engine))?.[0]).toBe(22);
  await engine.close();
});

test('other databases of the engine lose the transaction that is under way, and nothing else', async () => {
  const { engine: sqlite, trap } = await trappingEngine('files');
  const one = await openSqliteOn(sqlite, new FilesystemMedium(fs, file, folder, lock), true);
  const other = await openSqliteOn(sqlite, new MemoryMedium(), true);
  await prepare(one);
  await prepare(other);
  const interrupted = other.transaction(async (connection) => {
    await connection.run('DELETE FROM t');
    trap.arm(1, false);
    await expect(change(one)).rejects.toBeInstanceOf(StorageFailure);
  });
  const failure = { name: 'StorageFailure', path: ':memory:', cause: { message: 'Out of bounds memory access' } };
  await expect(interrupted).rejects.toMatchObject(failure);
  expect(await state(other)).toEqual(before);
  expect(await state(one)).toEqual(before);
  expect(trap.later).toBe(0);
  await one.close();
  await other.close();
});

test('a reader goes on with a new engine', async () => {
  const writer = await openSqliteOn(await startSqlite(), new FilesystemMedium(fs, file, folder, lock), true);
  await prepare(writer);
  await writer.close();
  const { engine: sqlite, trap } = await trappingEngine('files');
  const reader = new SqliteReader(sqlite, new ReadOnlyMedium(fs, file, 1000));
  await reader.open();
  trap.arm(1, false);
  await expect(reader.all(stateSql)).rejects.toBeInstanceOf(StorageFailure);
  expect((await reader.all(stateSql)).rows).toEqual([before]);
  expect(trap.later).toBe(0);
  await reader.close();
});

test('the size is known also right after the engine has failed', async () => {
  const { engine: sqlite, trap } = await trappingEngine('API');
  const engine = await openSqliteOn(sqlite, await openWithLog(), true);
  await prepare(engine);
  const size = await engine.size;
  trap.arm(1, false);
  await expect(state(engine)).rejects.toBeInstanceOf(StorageFailure);
  expect(await engine.size).toBe(size);
  await engine.close();
});

test('a database can be opened although the engine has failed in another one meanwhile', async () => {
  const { engine: sqlite, trap } = await trappingEngine('API');
  trap.arm(1, false);
  expect(() => sqlite.use('another', () => sqlite.sqlite.sqlite3_changes(0))).toThrow(StorageFailure);
  const engine = await openSqliteOn(sqlite, new MemoryMedium(), true);
  await prepare(engine);
  expect(await state(engine)).toEqual(before);
  await engine.close();
});

test('a failure to store says more than that of the engine', async () => {
  const { engine: sqlite, trap } = await trappingEngine('API');
  const medium = new MemoryMedium();
  const engine = await openSqliteOn(sqlite, medium, true);
  await prepare(engine);
  vi.spyOn(medium, 'flush').mockImplementationOnce(async () => {
    medium.revert();
    trap.arm(1, false);
    throw new OutcomeUnknown('the browser did not say');
  });
  await expect(change(engine)).rejects.toBeInstanceOf(OutcomeUnknown);
  await expect(state(engine)).resolves.toEqual(before);
  await engine.close();
});

test('a call that waits for a new engine is not executed if the database is taken over', async () => {
  const { engine: sqlite, trap } = await trappingEngine('API');
  const engine = await openSqliteOn(sqlite, await openWithLog(), true);
  await prepare(engine);
  trap.arm(1, false);
  await expect(state(engine)).rejects.toBeInstanceOf(StorageFailure);
  const waiting = change(engine);
  expect(engine.drop()).toBe(true);
  await expect(waiting).rejects.toBeInstanceOf(DatabaseTakenOver);
});

test('startSqlite() replaces an engine that has failed', async () => {
  const failed = await startSqlite();
  expect(() => failed.use('a.sqlite', trapNow)).toThrow(
    'Cannot use a.sqlite: the SQLite engine failed (RuntimeError: unreachable). Nothing was changed. Try again.',
  );
  expect(failed.fault).toBeInstanceOf(WebAssembly.RuntimeError);
  const [one, other] = await Promise.all([startSqlite(), startSqlite()]);
  expect(one).toBe(other);
  expect(one).not.toBe(failed);
  expect(one.fault).toBeNull();
});

test('an error of ours that is thrown between two calls is no fault of the engine', async () => {
  const engine = await startSqlite();
  const failure = new StorageFailure('no space');
  const release = vi.fn();
  const calls = (): never => {
    throw failure;
  };
  expect(() => engine.use('a.sqlite', calls, release)).toThrow(failure);
  expect(release).toHaveBeenCalledOnce();
  expect(engine.fault).toBeNull();
});

test('startSqlite() fails if WebAssembly traps while the engine starts, and can be called again', async () => {
  const failed = await startSqlite();
  expect(() => failed.use('a.sqlite', trapNow)).toThrow(StorageFailure);
  const outcomes = new Set<string>();
  for (let at = 1; at < 1000; at++) {
    const trap = new Trap();
    trap.arm(at, false);
    trapNext(trap);
    const [result] = await Promise.allSettled([startSqlite()]);
    vi.restoreAllMocks();
    if (result.status === 'fulfilled') break;
    outcomes.add(result.reason.name);
    expect(String(result.reason.cause ?? result.reason.message)).toContain('Out of bounds memory access');
  }
  expect(outcomes).toContain('StorageFailure');
  expect((await startSqlite()).fault).toBeNull();
});

function trapNow(): never {
  throw new WebAssembly.RuntimeError('unreachable');
}

/** The next instance can trap at each call of one of its functions, also those that allocate memory. */
function trapNext(trap: Trap): void {
  const native = WebAssembly.instantiate;
  const instantiate = async (
    module: WebAssembly.Module,
    imports?: WebAssembly.Imports,
  ): Promise<WebAssembly.Instance> => {
    const { exports } = await native(module, imports);
    const parts = Object.entries(exports).map(([name, part]) => [
      name,
      typeof part === 'function' ? trap.wrap(part as () => number) : part,
    ]);
    return { exports: Object.fromEntries(parts) };
  };
  vi.spyOn(WebAssembly, 'instantiate').mockImplementationOnce(instantiate as never);
}
