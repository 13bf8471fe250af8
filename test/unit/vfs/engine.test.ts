/**
 * The engine without the script of sql.js: that script, which is the second implementation here, gives the same
 * functions the same names, and SQLite does the same with what it provides; of the rest of it, SQLite calls nothing.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { EngineMismatch } from '../../../src/errors/index.ts';
import { FilesystemMedium } from '../../../src/media/filesystem/filesystem.ts';
import { openSqliteOn, type SqliteEngine } from '../../../src/sql/engines/sqlite/sqlite.ts';
import { Code } from '../../../src/vfs/codes.ts';
import { type Engine, startEngine } from '../../../src/vfs/engine.ts';
import { Heap } from '../../../src/vfs/heap.ts';
import { adopt, startSqlite } from '../../../src/vfs/start-sqlite.ts';
import { compileEngine } from '../../../wasm/load.ts';
import { exportNames, functionNames, importModule, importNames } from '../../../wasm/sqlite-functions.ts';
import { nativeSql } from '../../support/tables.ts';
import { freshEngine } from './fresh-engine.ts';

type Import = (...parameters: (number | bigint)[]) => unknown;
interface Script {
  readonly Database: new () => { exec(sql: string): readonly { readonly values: readonly unknown[][] }[] };
  readonly [name: `_${string}`]: unknown;
}
type StartScript = (options: object) => Promise<Script>;

/** The engine as the script of sql.js starts it. */
let script: Script;
let instance: WebAssembly.Instance;
let imported: Readonly<Record<string, Import>>;
beforeAll(async () => {
  const module = await compileEngine();
  const start = createRequire(import.meta.url)('sql.js/dist/sql-wasm-browser.js') as StartScript;
  script = await start({
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      imported = imports[importModule] as typeof imported;
      instance = new WebAssembly.Instance(module, imports);
      done(instance);
    },
    printErr() {},
  });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const call = (name: keyof typeof importNames, ...parameters: (number | bigint)[]): unknown =>
  imported[importNames[name]]?.(...parameters);

function firstValue({ sqlite, heap }: Engine, sql: string): string {
  const [name, text, result] = [sqlite.newText(':memory:'), sqlite.newText(sql), sqlite.malloc(4)];
  expect(sqlite.sqlite3_open(name, result)).toBe(Code.ok);
  const database = heap.word(result);
  expect(sqlite.sqlite3_prepare_v2(database, text, -1, result, 0)).toBe(Code.ok);
  const statement = heap.word(result);
  expect(sqlite.sqlite3_step(statement)).toBe(Code.row);
  const value = sqlite.textAt(sqlite.sqlite3_column_text(statement, 0));
  sqlite.sqlite3_finalize(statement);
  sqlite.sqlite3_close_v2(database);
  for (const pointer of [name, text, result]) sqlite.free(pointer);
  return value;
}

const valueByScript = (sql: string): unknown => new script.Database().exec(sql)[0]?.values[0]?.[0];

describe('the names of the engine', () => {
  test.each(Object.entries(functionNames))('%s is exported as %s', (name, exported) => {
    expect(instance.exports[exported]).toBeTypeOf('function');
    expect(instance.exports[exported]).toBe(script[`_${name}`]);
  });

  test('are those of its memory and its table', () => {
    expect(instance.exports[exportNames.memory]).toBeInstanceOf(WebAssembly.Memory);
    expect(instance.exports[exportNames.table]).toBeInstanceOf(WebAssembly.Table);
    const text = fs.readFileSync(createRequire(import.meta.url).resolve('sql.js/dist/sql-wasm-browser.js'), 'utf8');
    // What Emscripten calls to initialise the program, after its own file system.
    expect(text).toMatch(new RegExp(`\\w+\\.${exportNames.start}\\(\\),\\w+=!1,\\w+\\.onRuntimeInitialized`));
  });

  test('are those of its imports', async () => {
    const imports = WebAssembly.Module.imports(await compileEngine());
    expect(new Set(imports.map(({ module }) => module))).toEqual(new Set([importModule]));
    expect(imports.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.values(importNames)));

    const memory = instance.exports[exportNames.memory] as WebAssembly.Memory;
    const word = (index: number): number => new DataView(memory.buffer).getInt32(pointer + 4 * index, true);
    const pointer = Reflect.apply(script['_malloc'] as Import, null, [256]) as number;
    expect(Math.abs(Number(call('date')) - Date.now())).toBeLessThan(1000);
    expect(Math.abs(Number(call('milliseconds')) - performance.now())).toBeLessThan(1000);
    expect(() => call('abort')).toThrow('Aborted()');
    expect(call('environmentSize', pointer, pointer + 4)).toBe(0);
    expect([word(0), word(1)]).toEqual([7, expect.any(Number)]);
    expect(call('localTime', BigInt(Date.UTC(2024, 0, 31, 12) / 1000), pointer)).toBe(0);
    expect(word(5)).toBe(124);
    vi.stubEnv('TZ', 'Asia/Kolkata');
    call('timeZone', pointer, pointer + 4, pointer + 8, pointer + 40);
    expect(word(0)).toBe(-(5 * 60 + 30) * 60);
    expect(call('largestMemory')).toBe(2 ** 31);
    const { byteLength } = memory.buffer;
    expect(call('growMemory', byteLength + 1)).toBe(true);
    expect(memory.buffer.byteLength).toBeGreaterThan(byteLength);
  });

  test.each(Object.values(exportNames))('an engine without its export %s is refused', async (name) => {
    const module = await compileEngine();
    const { exports } = instance;
    const others = Object.fromEntries(Object.entries(exports).filter(([other]) => other !== name));
    vi.spyOn(WebAssembly, 'instantiate').mockImplementationOnce((async () => ({ exports: others })) as never);
    await expect(startEngine(module)).rejects.toBeInstanceOf(EngineMismatch);
  });
});

describe('what the engine is provided with', () => {
  test.each(['UTC', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Africa/Monrovia'])(
    'is the local time of %s',
    async (zone) => {
      vi.stubEnv('TZ', zone);
      const engine = await freshEngine();
      // Every 37 days, from the year -400 to 3900: SQLite asks for years from 1970 to 2037 only.
      const sql = `WITH RECURSIVE n(t) AS (SELECT -75000000000 UNION ALL SELECT t + 3196800 FROM n WHERE t < 60000000000)
        SELECT group_concat(datetime(t, 'unixepoch', 'localtime') || datetime(t, 'unixepoch', 'utc')) FROM n`;
      const found = firstValue(engine, sql);
      expect(found.length).toBeGreaterThan(1_000_000);
      expect(found === valueByScript(sql)).toBe(true);
    },
  );

  test('is the date', async () => {
    const seconds = Number(firstValue(await freshEngine(), "SELECT strftime('%s', 'now')"));
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(10);
  });

  test('is randomness of the platform, before anything is stored', async () => {
    const spy = vi.spyOn(crypto, 'getRandomValues');
    const [one, other] = [await freshEngine(), await freshEngine()];
    adopt(one);
    adopt(other);
    expect(spy.mock.calls.map(([bytes]) => bytes?.byteLength)).toEqual([44, 44]);
    const sql = 'SELECT hex(randomblob(16))';
    expect(firstValue(one, sql)).not.toBe(firstValue(other, sql));
  });

  test('is memory, up to 2 GB, beyond which there is none', async () => {
    const { sqlite, heap } = await freshEngine();
    const half = sqlite.malloc(2 ** 30);
    expect(half).not.toBe(0);
    const outOfMemory = expect.objectContaining({ name: 'StorageFailure', errno: 'ENOMEM' });
    expect(() => sqlite.malloc(2 ** 30)).toThrow(outOfMemory);
    expect(() => sqlite.malloc(2 ** 31 - 1)).toThrow(outOfMemory);
    sqlite.free(half);
    expect(sqlite.malloc(2 ** 30)).toBe(half);
    expect(heap.bytes.length).toBeLessThanOrEqual(2 ** 31);
  });

  test('is as little memory as is needed, where there is no more', () => {
    const memory = new WebAssembly.Memory({ initial: 10, maximum: 11 });
    const page = 65_536;
    const heap = new Heap(memory);
    expect(heap.grow(12 * page, 2 ** 31)).toBe(false);
    expect(heap.bytes.length).toBe(10 * page);
    expect(heap.grow(10 * page + 1, 10 * page)).toBe(false);
    expect(heap.grow(10 * page + 1, 2 ** 31)).toBe(true);
    expect(heap.bytes.length).toBe(11 * page);
  });
});

describe("SQLite's own files", () => {
  let folder: string;
  let engine: SqliteEngine;
  const open = async (): Promise<SqliteEngine> => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'engine-')));
    const medium = new FilesystemMedium(fs, path.join(folder, 'cl.sqlite'), folder, { release: () => {} });
    return openSqliteOn(await startSqlite(), medium, true);
  };
  afterEach(async () => {
    await engine.close();
    fs.rmSync(folder, { recursive: true });
  });

  /** Larger than what SQLite sorts in memory by default. */
  const largeSort = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 20010)
    SELECT printf('%0300d', i) FROM n ORDER BY i * 7919 % 20011`;

  /** Whatever SQLite puts into temporary files by default, larger than what it keeps in memory anyway. */
  test('are not used, even for more than fits into its cache', async () => {
    engine = await open();
    await engine.run('PRAGMA cache_size=10');
    await engine.run('CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT UNIQUE, other TEXT)');
    const fill = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
      INSERT INTO t SELECT i, printf('%0300d', i * 7919 % 3001), printf('%0200d', i) FROM n`;
    await engine.run(fill);
    // The statement's journal, and its use when it fails in the last row.
    const conflict = engine.run("UPDATE t SET value = CASE id WHEN 3000 THEN 'x1' ELSE 'x' || id END");
    await expect(conflict).rejects.toThrow(/UNIQUE/);
    await engine.run("UPDATE t SET other = other || 'x' WHERE id % 2");
    await engine.run('CREATE TABLE u AS SELECT DISTINCT value, other FROM t ORDER BY other DESC');
    await engine.run('CREATE INDEX u_value ON u (other, value)');
    await engine.run('CREATE TEMP TABLE v AS SELECT * FROM t UNION SELECT id + 30000, value, other FROM t');
    await engine.run('DELETE FROM t WHERE id IN (SELECT id FROM v WHERE id % 3 = 0 ORDER BY value)');
    await engine.run('VACUUM');
    const sql = `SELECT count(*), sum(length(value)), sum(length(other)), min(value), max(value) FROM
      (SELECT value, other, sum(length(other)) OVER (ORDER BY value) FROM u UNION ALL SELECT value, other, 1 FROM t)`;
    const found = (await engine.all(sql)).rows[0];
    expect((await engine.all('SELECT count(*) FROM v')).rows).toEqual([[6000]]);
    expect((await engine.all(largeSort)).rows).toHaveLength(20_011);
    await engine.close();
    expect(nativeSql(path.join(folder, 'cl.sqlite'), `PRAGMA integrity_check; ${sql}`)).toBe(`ok\n${found?.join('|')}`);
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });

  test('are refused', async () => {
    engine = await open();
    await engine.run('CREATE TABLE t (id)');
    for (const sql of ["ATTACH '/tmp/other.sqlite' AS o", "ATTACH 'other.sqlite' AS o", "VACUUM INTO '/tmp/copy'"]) {
      await expect(engine.run(sql), sql).rejects.toThrow(/unable to open database/);
    }
    await engine.run('PRAGMA temp_store=FILE');
    await engine.run('PRAGMA cache_size=10');
    await expect(engine.all(largeSort)).rejects.toThrow(/unable to open database|disk I\/O error/);
    await engine.run('INSERT INTO t VALUES (1)');
    expect((await engine.all('SELECT * FROM t')).rows).toEqual([[1]]);
  });

  test('end the engine if they are called all the same', async () => {
    engine = await open();
    const { sqlite, heap } = await freshEngine();
    // Not adopted: SQLite's own VFS is still in place.
    const name = sqlite.newText('/tmp/other.sqlite');
    const result = sqlite.malloc(4);
    expect(() => {
      sqlite.sqlite3_open(name, result);
      const sql = sqlite.newText('CREATE TABLE t (id)');
      sqlite.sqlite3_exec(heap.word(result), sql, 0, 0, 0);
    }).toThrow(WebAssembly.RuntimeError);
  });
});
