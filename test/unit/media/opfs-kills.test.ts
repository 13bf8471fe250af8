/**
 * A database in OPFS whose worker is killed before any one of its changes to the files: the next opening finds all that was
 * acknowledged, and never takes what a kill leaves for a database of which the browser has lost a file.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DatabaseCorrupt, DatabaseUnavailable } from '../../../src/errors/index.ts';
import { browserMedia } from '../../../src/media/open-in-browser.ts';
import { openSqliteOn, type SqliteEngine } from '../../../src/sql/engines/sqlite/sqlite.ts';
import { openReader } from '../../../src/sql/engines/sqlite/sqlite-reader.ts';
import { readVersionAt, writeAheadLog, writeVersionAt } from '../../../src/sqlite-header.ts';
import { startSqlite } from '../../../src/vfs/start-sqlite.ts';
import { stubPrivateFiles } from '../vfs/private-files-on-disk.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'opfs-'));
});
afterEach(() => {
  vi.unstubAllGlobals();
  fs.rmSync(folder, { recursive: true });
});

const config = (from: Uint8Array<ArrayBuffer> | null = null) =>
  ({ medium: 'opfs', database: 'a', from, busy_timeout: 0, sqlite_synchronous: true, lock_held: true }) as const;
const open = async (from: Uint8Array<ArrayBuffer> | null = null) =>
  openSqliteOn(startSqlite(), await browserMedia.open(config(from)), true);
const insert = (engine: SqliteEngine, key: string): Promise<number> => engine.run('INSERT INTO t VALUES (?)', [key]);
const keys = async (engine: Pick<SqliteEngine, 'all'>) => {
  const isThere = (await engine.all("SELECT 1 FROM sqlite_schema WHERE name = 't'", [])).rows.length > 0;
  return isThere ? (await engine.all('SELECT k FROM t ORDER BY k', [])).rows.flat() : null;
};
const file = (kind = ''): string => path.join(folder, `a${kind}`);
/** Which files of the database there are, and whether they hold something. */
const files = () =>
  Object.fromEntries(fs.readdirSync(folder).map((name) => [name, fs.statSync(path.join(folder, name)).size > 0]));

/** What a database holds that is closed, after saves of these keys; as another program may leave it, with its log applied. */
async function content(...keys: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  stubPrivateFiles(folder);
  const engine = await open();
  await engine.run('CREATE TABLE t (k TEXT)');
  for (const key of keys) await insert(engine, key);
  const bytes = await engine.bytes();
  await engine.close();
  fs.rmSync(file());
  return bytes.fill(writeAheadLog, writeVersionAt, readVersionAt + 1);
}

/** Runs the work with a kill before its first change, then before its second, and so on, until it ends; tells how many there are. */
async function atEveryChange(
  work: (acknowledge: (key: string) => void) => Promise<void>,
  then: (acknowledged: readonly string[]) => Promise<void>,
): Promise<number> {
  for (let at = 0; ; at++) {
    for (const name of fs.readdirSync(folder)) fs.rmSync(path.join(folder, name));
    let left = at;
    let isKilled = false;
    const change = (): void => {
      isKilled ||= left-- === 0;
      if (isKilled) throw new DOMException('Killed.', 'UnknownError');
    };
    stubPrivateFiles(folder, { change });
    const acknowledged: string[] = [];
    await work((key) => acknowledged.push(key)).catch(() => {});
    const ended = !isKilled;
    // Whatever the work does later happens to nobody's files.
    isKilled = true;
    stubPrivateFiles(folder);
    await then(acknowledged);
    if (ended) return at;
  }
}

const holds = async (acknowledged: readonly string[]): Promise<void> => {
  const found = files();
  if (found['a'] === true) {
    const reader = await openReader(browserMedia, config());
    expect((await keys(reader)) ?? []).toEqual(expect.arrayContaining([...acknowledged]));
    await reader.close();
  }
  expect(files()).toEqual(found);
  const engine = await open();
  expect((await keys(engine)) ?? []).toEqual(expect.arrayContaining([...acknowledged]));
  await engine.close();
  expect(Object.keys(files()).filter((name) => !name.endsWith('.part'))).toEqual(['a']);
};

describe('killed at every change', () => {
  test('while it is created, used and closed', { timeout: 120_000 }, async () => {
    const changes = await atEveryChange(async (acknowledge) => {
      const engine = await open();
      await engine.run('CREATE TABLE t (k TEXT)');
      for (const key of ['1', '2']) {
        await insert(engine, key);
        acknowledge(key);
      }
      await engine.close();
    }, holds);
    expect(changes).toBeGreaterThan(20);
  });

  test('while it is created from a file whose header names a log', { timeout: 120_000 }, async () => {
    const bytes = await content('1', '2');
    const changes = await atEveryChange(async (acknowledge) => {
      const engine = await open(bytes);
      acknowledge('1');
      await engine.close();
    }, holds);
    expect(changes).toBeGreaterThan(10);
  });

  test('while the creation is given up', { timeout: 120_000 }, async () => {
    const changes = await atEveryChange(async () => {
      const medium = await browserMedia.open(config());
      const engine = await openSqliteOn(startSqlite(), medium, true);
      await engine.run('CREATE TABLE t (k TEXT)');
      await medium.abandon();
    }, holds);
    expect(changes).toBeGreaterThan(10);
  });
});

test('a failed opening keeps the empty log of a database that names one', async () => {
  const bytes = await content('1');
  fs.writeFileSync(file(), bytes);
  fs.writeFileSync(file('-wal'), '');
  const medium = await browserMedia.open(config());
  await medium.abandon();
  expect(files()).toEqual({ a: true, 'a-wal': false });
  const engine = await open();
  expect(await keys(engine)).toEqual(['1']);
  await engine.close();
  expect(files()).toEqual({ a: true });
});

test('a database that names a log, of which there is no file, is refused, and goes on once there is one', async () => {
  const bytes = await content('1');
  fs.writeFileSync(file(), bytes);
  for (const opening of [() => open(), () => openReader(browserMedia, config())]) {
    const error: unknown = await opening().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DatabaseCorrupt);
    expect(error).toMatchObject({ message: expect.stringContaining('its write-ahead log opfs:a-wal is missing') });
  }
  expect(files()).toEqual({ a: true });
  expect(fs.readFileSync(file())).toEqual(Buffer.from(bytes));
  fs.writeFileSync(file('-wal'), '');
  const engine = await open();
  expect(await keys(engine)).toEqual(['1']);
  await engine.close();
});

test.each([
  ['missing', () => fs.rmSync(file())],
  ['empty', () => fs.truncateSync(file())],
  ['full of zeros', () => fs.writeFileSync(file(), new Uint8Array(8192))],
])(
  'a database of which only the log is left, since the file is %s, is refused, and the log is kept',
  async (_, lose) => {
    stubPrivateFiles(folder);
    const engine = await open();
    await engine.run('CREATE TABLE t (k TEXT)');
    engine.drop();
    lose();
    const found = files();
    const log = fs.readFileSync(file('-wal'));
    for (const opening of [() => open(), () => openReader(browserMedia, config())]) {
      const error: unknown = await opening().catch((error: unknown) => error);
      expect(error).toBeInstanceOf(DatabaseCorrupt);
      expect(error).toMatchObject({ message: expect.stringContaining('its write-ahead log opfs:a-wal is there') });
    }
    expect(files()).toEqual(found);
    expect(fs.readFileSync(file('-wal'))).toEqual(log);
  },
);

test.each(['-journal', '-wal'])('a database that has the name of a %s is left as it is', async (kind) => {
  const bytes = await content('1');
  fs.writeFileSync(file(kind), bytes);
  for (const opening of [() => open(), () => openReader(browserMedia, config())]) {
    const error: unknown = await opening().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect(error).toMatchObject({ message: expect.stringContaining(`opfs:a${kind} is another database`) });
  }
  expect(files()).toEqual({ [`a${kind}`]: true });
  expect(fs.readFileSync(file(kind))).toEqual(Buffer.from(bytes));
});
