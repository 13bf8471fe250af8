/** SQLite as an SQL engine: values, transactions and groups, the same on every medium. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ContextClosed, DatabaseError, DatabaseExists, NotADatabase, ValueError } from '../../../src/errors/index.ts';
import { hostMedia } from '../../../src/media/open-on-host.ts';
import type { SqlValue } from '../../../src/rpc/contract.ts';
import type { SqlConnection } from '../../../src/sql/engine.ts';
import { openSqlite, type SqliteEngine } from '../../../src/sql/engines/sqlite/sqlite.ts';
import pin from '../../../wasm/pin.json' with { type: 'json' };

let folder: string;
let engine: SqliteEngine;

const open = (medium: 'memory' | 'filesystem', from: Uint8Array | null = null) =>
  openSqlite(hostMedia, {
    medium,
    database: path.join(folder, 'cl.sqlite'),
    from,
    sqlite_synchronous: true,
    busy_timeout: 5000,
  });

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-'));
});
afterEach(async () => {
  await engine.close();
  fs.rmSync(folder, { recursive: true });
});

const insert = (id: number) => (connection: SqlConnection) =>
  connection.run('INSERT INTO rows (id, value) VALUES (?, ?)', [id, `row ${id}`]);
const ids = async () => (await engine.all('SELECT id FROM rows ORDER BY id')).rows.map(([id]) => id);

describe.each(['memory', 'filesystem'] as const)('on the medium %s', (medium) => {
  beforeEach(async () => {
    engine = await open(medium);
    await engine.run('CREATE TABLE rows (id INTEGER PRIMARY KEY, value TEXT, number INTEGER, real FLOAT)');
  });

  describe('a value', () => {
    const roundTrip = async (value: SqlValue, column: 'value' | 'number' | 'real') => {
      await engine.run(`INSERT INTO rows (${column}) VALUES (?)`, [value]);
      const { rows } = await engine.all(`SELECT ${column}, typeof(${column}) FROM rows`);
      return rows[0];
    };

    const texts = {
      'that is empty': '',
      'with NULs': 'a\0b\0',
      'of one NUL': '\0',
      'with a byte order mark': '\ufeffx',
      'with accents, longer than is read byte by byte': 'Österreich und Übersee, déjà vu, 日本語テキスト',
      'that ends its first eight bytes in an accent': 'abcdefgé',
      'with an emoji': '💾',
      'of 23 bytes': 'x'.repeat(23),
      'of 24 bytes': 'x'.repeat(24),
      'of 25 bytes': 'x'.repeat(25),
      'of 36 bytes': 'f0e0b3a4-0d5b-4d5c-9b5e-6f1f1c3f0a11',
      'as large as the usual scratch memory': 'é'.repeat(32_768),
      'of one megabyte': 'ab💾é'.repeat(131_072),
    };
    test.each(Object.entries(texts))('text %s is read as it was written', async (_, text) => {
      expect(await roundTrip(text, 'value')).toEqual([text, 'text']);
    });

    const integers = [
      0,
      -1,
      2 ** 31 - 1,
      -(2 ** 31),
      2 ** 31,
      4_294_967_296,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
      2n ** 53n,
      2n ** 53n + 1n,
      -(2n ** 53n) - 1n,
      2n ** 63n - 1n,
      -(2n ** 63n),
    ];
    test.each(integers)('the integer %s is read exactly', async (integer) => {
      expect(await roundTrip(integer, 'number')).toEqual([integer, 'integer']);
    });

    test('a bigint that fits a number is read as a number', async () => {
      expect(await roundTrip(5_000_000_000n, 'number')).toEqual([5_000_000_000, 'integer']);
    });

    test.each([0.1, -1.5, 1e300, 5e-324, Number.POSITIVE_INFINITY])(
      'the float %s is read as it was written',
      async (float) => {
        expect(await roundTrip(float, 'real')).toEqual([float, 'real']);
      },
    );

    test('null, true and false are stored as Python stores them', async () => {
      expect(await roundTrip(null, 'number')).toEqual([null, 'null']);
      await engine.run('DELETE FROM rows');
      expect(await roundTrip(true, 'number')).toEqual([1, 'integer']);
      await engine.run('DELETE FROM rows');
      expect(await roundTrip(false, 'number')).toEqual([0, 'integer']);
    });

    test('a large number is compared as a number even if no column gives it a type', async () => {
      const { rows } = await engine.all('SELECT 1 + 1 < ?, 6000000000 > ?, 1 WHERE 5000000000 = ?', [5e9, 5e9, 5e9]);
      expect(rows).toEqual([[1, 1, 1]]);
    });

    test.each([
      ['a lone surrogate', 'volume \ud83d name', /A text of 13 characters.*character 7/],
      ['a lone surrogate in a long text', `${'x'.repeat(100)}\udc00`, /A text of 101 characters.*character 100/],
      ['NaN', Number.NaN, /NaN/],
      ['an integer of more than 64 bits', 2n ** 63n, /9223372036854775808.*64 bits/],
    ])('%s is refused and nothing is written', async (_, value, message) => {
      const work = engine.transaction(async (connection) => {
        await connection.run('INSERT INTO rows (id) VALUES (1)');
        await connection.run('INSERT INTO rows (value) VALUES (?)', [value]);
      });
      await expect(work).rejects.toBeInstanceOf(ValueError);
      await expect(work).rejects.toThrow(message);
      expect(await ids()).toEqual([]);
    });

    test.each([
      ["x'00ff'", /^Column value holds binary data, .* in the table rows of \S+\. Correct the row, /],
      [
        "CAST(x'ff41' AS TEXT)",
        /^Column value holds text that is not UTF-8, in the table rows of \S+\. Correct the row, /,
      ],
    ])('%s in a row is refused with the names of its column, table and database', async (literal, message) => {
      await engine.run(`INSERT INTO rows (value) VALUES (${literal})`);
      const read = engine.all('SELECT id, value FROM rows');
      await expect(read).rejects.toBeInstanceOf(DatabaseError);
      await expect(read).rejects.toThrow(message);
    });
  });

  describe('a statement', () => {
    test('returns its columns even if it has no rows', async () => {
      expect(await engine.all('SELECT id, value AS "a name" FROM rows')).toEqual({
        columns: ['id', 'a name'],
        rows: [],
      });
    });

    test('that is cached sees columns that were added since', async () => {
      const sql = 'SELECT * FROM rows';
      expect((await engine.all(sql)).columns).toHaveLength(4);
      await engine.run('ALTER TABLE rows ADD COLUMN more TEXT');
      expect((await engine.all(sql)).columns.at(-1)).toBe('more');
      await engine.run('ALTER TABLE rows RENAME COLUMN more TO other');
      expect((await engine.all(sql)).columns.at(-1)).toBe('other');
    });

    test('returns how many rows it changed, and 0 for other statements', async () => {
      expect(await engine.run('INSERT INTO rows (id) VALUES (1), (2), (3)')).toBe(3);
      expect(await engine.run('UPDATE rows SET value = 1 WHERE id > 1')).toBe(2);
      expect(await engine.run('CREATE TABLE other (id)')).toBe(0);
      expect(await engine.run('DELETE FROM rows')).toBe(3);
      expect(await engine.run('WITH x AS (SELECT 7 AS id) INSERT INTO rows (id) SELECT id FROM x')).toBe(1);
    });

    test('works even if more statements are used than the cache holds', async () => {
      for (let index = 0; index < 250; index++) {
        const { rows } = await engine.all(`SELECT ${index}, ?`, [index]);
        expect(rows).toEqual([[index, index]]);
      }
    });

    test.each([
      ['SELECT 1; SELECT 2', [], /Exactly one statement/],
      ['', [], /Exactly one statement/],
      ['SELECT 1\0 + 1', [], /Exactly one statement/],
      ['SELECT ?, ?', [1], /1 values were given/],
      ['SELECT ?', [1, 2], /2 values were given/],
      ['SELECT ?', [], /0 values were given/],
      ['SELEKT 1', [], /syntax error: SELEKT 1/],
      ['SELECT * FROM none', [], /no such table: none/],
    ])('%j with %j is refused', async (sql, parameters, message) => {
      const refused = engine.all(sql, parameters);
      await expect(refused).rejects.toBeInstanceOf(DatabaseError);
      await expect(refused).rejects.toThrow(message);
    });

    test('may end in semicolons and comments', async () => {
      expect((await engine.all('SELECT 1; -- one\n /* only */ ;')).rows).toEqual([[1]]);
    });

    test('that violates a constraint shows its text and never its values', async () => {
      await engine.run('CREATE UNIQUE INDEX one ON rows (value)');
      const sql = 'INSERT INTO rows (value) VALUES (?)';
      await engine.run(sql, ['secret']);
      const error = await engine.run(sql, ['secret']).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DatabaseError);
      expect(error).toHaveProperty('message', `UNIQUE constraint failed: rows.value: ${sql}`);
    });

    test('does not enforce foreign keys, like the original', async () => {
      await engine.run('CREATE TABLE child (parent INTEGER REFERENCES rows (id))');
      expect(await engine.run('INSERT INTO child VALUES (99)')).toBe(1);
    });
  });

  describe('a transaction', () => {
    test('returns the result of its function, and keeps its changes', async () => {
      expect(await engine.transaction(async (connection) => `${await insert(1)(connection)} row`)).toBe('1 row');
      expect(await ids()).toEqual([1]);
    });

    test('is rolled back if its function throws, and rejects with the same error', async () => {
      const reason = new Error('no');
      const work = engine.transaction(async (connection) => {
        await insert(1)(connection);
        throw reason;
      });
      await expect(work).rejects.toBe(reason);
      expect(await ids()).toEqual([]);
    });

    test('runs alone: other calls wait, in order', async () => {
      const seen: unknown[] = [];
      let go: () => void = () => {};
      const gate = new Promise<void>((resolve) => {
        go = resolve;
      });
      const first = engine.transaction(async (connection) => {
        await insert(1)(connection);
        await gate;
        await insert(2)(connection);
        throw new Error('no');
      });
      const others = [
        ids().then((found) => seen.push(found)),
        engine.transaction(insert(3)).then(() => seen.push('third')),
        ids().then((found) => seen.push(found)),
      ];
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(seen).toEqual([]);
      go();
      await expect(first).rejects.toThrow('no');
      await Promise.all(others);
      expect(seen).toEqual([[], 'third', [3]]);
    });

    test('cannot be used after its end', async () => {
      let kept: SqlConnection | undefined;
      await engine.transaction(async (connection) => {
        kept = connection;
      });
      await expect(kept?.run('DELETE FROM rows')).rejects.toThrow(/has ended/);
    });
  });

  describe('a group', () => {
    const fail = (id: number) => async (connection: SqlConnection) => {
      await insert(id)(connection);
      throw new Error(`no ${id}`);
    };
    const statuses = (results: readonly PromiseSettledResult<unknown>[]) => results.map(({ status }) => status);

    test('without functions resolves to an empty list', async () => {
      expect(await engine.group([])).toEqual([]);
    });

    test('of one function is a transaction', async () => {
      expect(await engine.group([insert(1)])).toEqual([{ status: 'fulfilled', value: 1 }]);
      expect(statuses(await engine.group([fail(2)]))).toEqual(['rejected']);
      expect(await ids()).toEqual([1]);
    });

    test('rolls back each function that throws, and keeps the others', async () => {
      const results = await engine.group([insert(1), fail(2), insert(3), insert(3), insert(4)]);
      expect(statuses(results)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
      expect(results[1]).toHaveProperty('reason.message', 'no 2');
      expect(results[3]).toHaveProperty('reason.message', expect.stringMatching(/^UNIQUE constraint failed/));
      expect(await ids()).toEqual([1, 3, 4]);
    });

    test('lets each function see the changes of the earlier ones', async () => {
      const results = await engine.group([
        insert(1),
        async (connection) => (await connection.all('SELECT count(*) FROM rows')).rows[0]?.[0],
      ]);
      expect(results[1]).toEqual({ status: 'fulfilled', value: 1 });
    });

    test('is rolled back as a whole if SQLite ends the transaction, and each function gets the reason', async () => {
      const results = await engine.group([
        insert(1),
        fail(2),
        async (connection) => {
          await connection.run('INSERT OR ROLLBACK INTO rows (id) VALUES (1)');
          return 0;
        },
        insert(4),
      ]);
      expect(statuses(results)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
      expect(results[1]).toHaveProperty('reason.message', 'no 2');
      for (const index of [0, 2, 3]) {
        expect(results[index]).toHaveProperty('reason.message', expect.stringMatching(/^UNIQUE constraint failed/));
      }
      expect(await ids()).toEqual([]);
    });

    test('waits for its turn, like a transaction', async () => {
      const [, results] = await Promise.all([engine.transaction(insert(1)), engine.group([insert(1), insert(2)])]);
      expect(statuses(results)).toEqual(['rejected', 'fulfilled']);
    });
  });

  describe('the database', () => {
    test('reports its size and the version of SQLite', async () => {
      expect(engine.version).toBe(pin.sqlite);
      expect(await engine.size).toBe(Number((await engine.all('PRAGMA page_count')).rows[0]?.[0]) * 4096);
    });

    test('is exported as one file from which another engine can start', async () => {
      await engine.group([insert(1), insert(2)]);
      const bytes = await engine.bytes();
      expect(bytes).toHaveLength(await engine.size);
      const copy = await open('memory', bytes);
      expect((await copy.all('SELECT value FROM rows ORDER BY id')).rows).toEqual([['row 1'], ['row 2']]);
      expect((await copy.all('PRAGMA integrity_check')).rows).toEqual([['ok']]);
      await copy.close();
    });

    test('is exported between transactions, never during one', async () => {
      const slow = engine.transaction(async (connection) => {
        await insert(1)(connection);
        await new Promise((resolve) => setTimeout(resolve, 5));
        await insert(2)(connection);
      });
      const bytes = await engine.bytes();
      await slow;
      const copy = await open('memory', bytes);
      expect((await copy.all('SELECT count(*) FROM rows')).rows).toEqual([[2]]);
      await copy.close();
    });

    test('is unusable after close(), which lets earlier calls finish', async () => {
      const before = engine.transaction(insert(1));
      const closing = engine.close();
      await expect(engine.all('SELECT 1')).rejects.toBeInstanceOf(ContextClosed);
      await expect(engine.transaction(insert(2))).rejects.toBeInstanceOf(ContextClosed);
      expect(await before).toBe(1);
      await closing;
      await engine.close();
    });
  });
});

describe('two databases in one realm', () => {
  test('are independent of each other', async () => {
    engine = await open('filesystem');
    const other = await open('memory');
    await engine.run('CREATE TABLE rows (id)');
    await expect(other.all('SELECT * FROM rows')).rejects.toThrow('no such table');
    await other.close();
    expect(await ids()).toEqual([]);
  });
});

describe('the initial content', () => {
  beforeEach(async () => {
    engine = await open('memory');
    await engine.run('CREATE TABLE rows (id)');
  });

  test('becomes a new database on disk, and replaces none', async () => {
    const copy = await open('filesystem', await engine.bytes());
    expect((await copy.all('SELECT name FROM sqlite_schema')).rows).toEqual([['rows']]);
    await copy.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
    await expect(open('filesystem', await engine.bytes())).rejects.toBeInstanceOf(DatabaseExists);
  });

  test.each(['memory', 'filesystem'] as const)(
    'is refused on %s if it is no database, and leaves no file',
    async (medium) => {
      await expect(open(medium, Buffer.from('not a database'))).rejects.toBeInstanceOf(NotADatabase);
      expect(fs.readdirSync(folder)).toEqual([]);
    },
  );
});
