/** A file in OPFS that was removed while it is open, by clearing the data of the site, or of which the browser cannot say so. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DatabaseChanged, OutcomeUnknown, StorageFailure } from '../../../src/errors/index.ts';
import { OpfsMedium } from '../../../src/media/opfs/opfs.ts';
import { OpfsPlace } from '../../../src/media/opfs/opfs-place.ts';
import { OpfsSnapshots } from '../../../src/media/opfs/opfs-snapshots.ts';
import { SnapshotMedium } from '../../../src/media/snapshot.ts';
import { openSqliteOn, type SqliteEngine } from '../../../src/sql/engines/sqlite/sqlite.ts';
import { SqliteReader } from '../../../src/sql/engines/sqlite/sqlite-reader.ts';
import { startSqlite } from '../../../src/vfs/start-sqlite.ts';
import { stubPrivateFiles } from '../vfs/private-files-on-disk.ts';

let folder: string;
/** The browser's word for why the file cannot be looked up; null when it can. */
let word: string | null;
/** Whether files can be measured. */
let isMeasurable: boolean;
let closed: number;
let released: number;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'opfs-'));
  [word, isMeasurable, closed, released] = [null, true, 0, 0];
  // Each save looks for the file.
  const now = performance.now.bind(performance);
  let elapsed = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    elapsed += 1000;
    return now() + elapsed;
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

const measure = (): void => {
  if (!isMeasurable) throw new DOMException('Not today.', 'InvalidStateError');
};
const release = (): void => {
  released += 1;
};

async function open(): Promise<SqliteEngine> {
  const lookUp = (): void => {
    if (word !== null) throw new DOMException('Not today.', word);
  };
  const close = (): void => {
    closed += 1;
  };
  stubPrivateFiles(folder, { lookUp, close });
  const medium = await OpfsMedium.open(await OpfsPlace.find('a', 'opfs:a', true), { release }, true);
  const engine = await openSqliteOn(startSqlite(), medium, true);
  await engine.run('CREATE TABLE IF NOT EXISTS t (k TEXT)');
  return engine;
}

const insert = (engine: SqliteEngine, key: string): Promise<number> => engine.run('INSERT INTO t VALUES (?)', [key]);
const rows = async (engine: SqliteEngine) => (await engine.all('SELECT k FROM t ORDER BY k')).rows;

test('the files are closed, and the lock is released, when a page is left', async () => {
  const engine = await open();
  expect(engine.drop()).toBe(true);
  expect([closed, released]).toEqual([3, 1]);
});

test('no file known to be removed is closed, however the database is closed: a browser would never return', async () => {
  for (const end of [(engine: SqliteEngine) => engine.drop(), (engine: SqliteEngine) => engine.close()]) {
    const engine = await open();
    word = 'NotFoundError';
    await expect(insert(engine, 'x')).rejects.toThrow(DatabaseChanged);
    // Another page has created one of that name.
    word = null;
    await end(engine);
    expect(closed).toBe(0);
  }
  expect(released).toBe(2);
});

test.each(['a', 'a-journal', 'a-wal'])(
  'if only %s was removed, nothing is stored, and no file is closed',
  async (name) => {
    const engine = await open();
    await insert(engine, 'before');
    fs.rmSync(path.join(folder, name));
    await expect(insert(engine, 'lost')).rejects.toThrow(DatabaseChanged);
    await engine.close();
    expect([closed, released]).toEqual([0, 1]);
  },
);

test('a save is in doubt while the browser cannot say whether the file is there, and later ones are not', async () => {
  const engine = await open();
  await insert(engine, 'before');
  word = 'UnknownError';
  const error: unknown = await insert(engine, 'doubtful').catch((error: unknown) => error);
  expect(error).toBeInstanceOf(OutcomeUnknown);
  expect(error).toMatchObject({ message: expect.stringMatching(/^opfs:a: /), cause: expect.any(StorageFailure) });
  expect(error).toMatchObject({ cause: { errno: 'Unknown', cause: { name: 'UnknownError' } } });
  const group = await engine.group(
    ['x', 'y'].map((k) => (connection) => connection.run('INSERT INTO t VALUES (?)', [k])),
  );
  for (const result of group) expect(result).toMatchObject({ reason: expect.any(OutcomeUnknown) });
  word = null;
  await insert(engine, 'later');
  expect(await rows(engine)).toEqual([['before'], ['doubtful'], ['later'], ['x'], ['y']]);
  await engine.close();
  expect([closed, released]).toEqual([3, 1]);
  expect(await rows(await open())).toHaveLength(5);
});

test('a database is closed without its files if the browser cannot say whether they are there', async () => {
  const engine = await open();
  word = 'UnknownError';
  await expect(engine.close()).rejects.toThrow("Cannot look up opfs:a: the browser's storage failed (UnknownError).");
  expect([closed, released]).toEqual([0, 1]);
});

test('a database whose worker was killed before its first change can be read', async () => {
  const closing = await open();
  await insert(closing, 'before');
  await closing.close();
  await open();
  const snapshots = new OpfsSnapshots(await OpfsPlace.find('a', 'opfs:a', false), async () => ({ release }));
  const reader = new SqliteReader(await startSqlite(), await SnapshotMedium.open(snapshots));
  await reader.open();
  expect((await reader.all('SELECT k FROM t')).rows).toEqual([['before']]);
  await reader.close();
});

test('the lock is released if the browser cannot measure the files', async () => {
  stubPrivateFiles(folder, { measure });
  const medium = await OpfsMedium.open(await OpfsPlace.find('b', 'opfs:b', true), { release }, true);
  isMeasurable = false;
  await expect(medium.close()).rejects.toThrow(StorageFailure);
  expect(released).toBe(1);
});
