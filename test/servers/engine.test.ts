/** The contract of SQL engines on servers: values, isolation, and which transactions are retried. */
import { afterEach, describe, expect, test } from 'vitest';
import type { ServerConfig, SingleWrite, SqlValue } from '../../src/rpc/contract.ts';
import type { SqlConnection } from '../../src/sql/engine.ts';
import { openMysql } from '../../src/sql/engines/servers/mysql.ts';
import { openPostgres } from '../../src/sql/engines/servers/postgres.ts';
import type { ServerEngine } from '../../src/sql/engines/servers/server.ts';
import { deleteKeyValue, getKeyValues, setKeyValue } from '../../src/sql/key-values.ts';
import { examine } from '../../src/sql/read/examine.ts';
import { fingerprint } from '../../src/sql/read/fingerprint.ts';
import { prepareSchema } from '../../src/sql/revisions.ts';
import { read, type TableRead, write } from '../../src/sql/run-command.ts';
import { serverOf } from '../../src/urls/server-url.ts';
import { nameIn, serverKinds, useServer } from '../support/server-tests.ts';

describe.each(serverKinds)('%s', (kind) => {
  const server = useServer(kind);
  const opened: ServerEngine[] = [];
  let connection: string | null = null;
  afterEach(async () => {
    for (const engine of opened.splice(0)) await engine.close();
  });

  const isMysql = kind === 'mysql';

  async function open(others: Partial<ServerConfig> = {}): Promise<ServerEngine> {
    connection ??= await server.running.createDatabase();
    const config = serverOf(connection);
    const opening = isMysql ? openMysql : openPostgres;
    const engine = await opening({ ...config, lock_timeout: 5000, ...others }, false);
    opened.push(engine);
    return engine;
  }

  /** An engine, and a table with two rows, `a` and `b`. */
  async function counters(others: Parameters<typeof open>[0] = {}): Promise<ServerEngine> {
    const engine = await open(others);
    await engine.run('DROP TABLE IF EXISTS counters');
    await engine.run(
      `CREATE TABLE counters (id VARCHAR(9) PRIMARY KEY, value BIGINT)${isMysql ? ' ENGINE=InnoDB' : ''}`,
    );
    await engine.run('INSERT INTO counters VALUES (?, ?), (?, ?)', ['a', 0, 'b', 0]);
    return engine;
  }

  const valuesOf = async (engine: ServerEngine) => {
    const { rows } = await engine.all('SELECT value FROM counters ORDER BY id');
    return rows.map(([value]) => value);
  };

  test('64-bit integers are not rounded, and smaller ones are numbers', async (context) => {
    server.require(context);
    const engine = await counters();
    await engine.run('UPDATE counters SET value = ? WHERE id = ?', [9007199254740993n, 'a']);
    expect(await valuesOf(engine)).toEqual([9007199254740993n, 0]);
    const again = await engine.all('SELECT value, ? FROM counters WHERE value = ? LIMIT ?', [
      'x',
      9007199254740993n,
      1,
    ]);
    expect(again.rows).toEqual([[9007199254740993n, 'x']]);
  });

  test('a question mark in a string literal is no placeholder', async (context) => {
    server.require(context);
    const engine = await counters();
    const { columns, rows } = await engine.all(`SELECT id AS "key", '?' AS mark FROM counters WHERE id = ?`, ['a']);
    expect([columns, rows]).toEqual([['key', 'mark'], [['a', '?']]]);
  });

  test('values cannot become SQL', async (context) => {
    server.require(context);
    const engine = await counters();
    const text = `'; DROP TABLE counters; -- \\' "`;
    expect((await engine.all('SELECT ? FROM counters WHERE id <> ? LIMIT 1', [text, text])).rows).toEqual([[text]]);
  });

  test('a lone surrogate is refused, and does not match the replacement character', async (context) => {
    server.require(context);
    const engine = await counters();
    await prepareSchema(engine, { now: () => '2024-02-03 04:05:06.789012', newId: () => crypto.randomUUID() });
    const set = (key: string, value: string) =>
      engine.transaction((connection) => setKeyValue(connection, { key, value }));
    await set('k\ufffd', 'v');
    for (const [key, value] of [
      ['k\ud800', 'x'],
      ['x', '\udc00'],
    ] as const) {
      await expect(set(key, value)).rejects.toMatchObject({ name: 'ValueError' });
    }
    await engine.transaction((connection) => deleteKeyValue(connection, 'k\ud800'));
    expect(await getKeyValues(engine, 'k\ud800')).toEqual([]);
    expect(await getKeyValues(engine, null)).toEqual([{ key: 'k\ufffd', value: 'v' }]);
  });

  test('a read sees a single snapshot, even if others commit meanwhile', async (context) => {
    server.require(context);
    const [engine, other] = [await counters(), await open()];
    const seen = await engine.read(async (reader) => {
      const before = (await reader.all('SELECT value FROM counters ORDER BY id')).rows;
      await other.run('UPDATE counters SET value = value + 1');
      return [before, (await reader.all('SELECT value FROM counters ORDER BY id')).rows];
    });
    expect(seen).toEqual([
      [[0], [0]],
      [[0], [0]],
    ]);
    expect(await valuesOf(engine)).toEqual([1, 1]);
  });

  test('a volume, a snapshot and a connection are read with everything around them as it was at one time', async (context) => {
    server.require(context);
    const [engine, other] = [await open(), await open()];
    const origin = { now: () => '2024-02-03 04:05:06.789012', newId: () => crypto.randomUUID() };
    const { defaultTypeId } = await prepareSchema(engine, origin);
    const newContext = () => ({ defaultTypeId, softDeletes: false, now: origin.now(), newId: origin.newId });
    let states = 0;
    /** Changes all rows in one transaction. */
    const change = (): Promise<unknown> => {
      const text = `state ${++states}`;
      const pairs = [['k', text]] as const;
      const row = (id: string, others: Record<string, SqlValue>) => ({ id, values: { id, ...others }, whole: false });
      const qos_specs = { id: 'read q', consumer: 'back-end', specs: pairs };
      const volume_type = { ...row('read t', { name: text, is_public: true }), extra_specs: pairs, qos_specs };
      const children = { metadata: pairs, admin_metadata: pairs, volume_type };
      const own = { display_name: text, volume_type_id: 'read t' };
      const commands: SingleWrite[] = [
        { kind: 'setVolume', change: { ...row('read v', own), ...children } },
        { kind: 'setSnapshot', change: { ...row('read s', { ...own, volume_id: 'read v' }), metadata: pairs } },
        { kind: 'setConnection', change: row('read c', { volume_id: 'read v', attached_host: text }) },
      ];
      return other.transaction((connection) => write(connection, { kind: 'batch', commands }, newContext));
    };
    await change();
    const reads: readonly [TableRead, number][] = [
      [{ kind: 'getVolumes', filter: { volume_id: 'read v' } }, 7],
      [{ kind: 'scanVolumes', scan: { ids: ['read v'] } }, 7],
      [{ kind: 'getSnapshots', filter: { snapshot_id: 'read s' } }, 2],
      [{ kind: 'scanSnapshots', scan: { ids: ['read s'] } }, 2],
      [{ kind: 'getConnections', filter: { connection_id: 'read c' } }, 8],
    ];
    for (const [command, places] of reads) {
      const text = `state ${states}`;
      const answer = await engine.read((connection) => {
        const changing: SqlConnection = {
          dialect: connection.dialect,
          async all(sql, parameters) {
            const rows = await connection.all(sql, parameters);
            await change();
            return rows;
          },
          run: () => expect.unreachable(),
        };
        return read(changing, command);
      });
      expect(JSON.stringify(answer).match(/state \d+/g)).toEqual(Array(places).fill(text));
    }
  });

  test('reads see one state once it is held, until one of them fails', async (context) => {
    server.require(context);
    const [engine, other] = [await counters(), await open()];
    const addOne = () => other.run('UPDATE counters SET value = value + 1');
    await addOne();
    engine.holdState();
    expect(await valuesOf(engine)).toEqual([1, 1]);
    await addOne();
    expect(await Promise.all([valuesOf(engine), valuesOf(engine)])).toEqual([
      [1, 1],
      [1, 1],
    ]);
    await expect(engine.all('SELECT nobody FROM counters')).rejects.toMatchObject({ name: 'DatabaseError' });
    expect(await valuesOf(engine)).toEqual([2, 2]);
    await addOne();
    expect(await valuesOf(engine)).toEqual([2, 2]);
    await engine.close();
    await expect(valuesOf(engine)).rejects.toMatchObject({ name: 'ContextClosed' });
    // Nothing is left that would hold a lock on the table.
    await other.run('DROP TABLE counters');
  });

  test('a read that meets a table created since it began is retried', async (context) => {
    server.require(context);
    const [engine, other] = [await counters(), await open()];
    await engine.run('DROP TABLE IF EXISTS later');
    let attempts = 0;
    const seen = await engine.read(async (reader) => {
      if (++attempts === 1) await other.run('CREATE TABLE later AS SELECT id FROM counters');
      return (await reader.all('SELECT count(*) FROM later')).rows;
    });
    // PostgreSQL takes its snapshot at the first query.
    expect([attempts, seen]).toEqual([isMysql ? 2 : 1, [[2]]]);
  });

  test('a read cannot write', async (context) => {
    server.require(context);
    const engine = await counters();
    const failure = engine.read((reader) => reader.run('UPDATE counters SET value = 5'));
    await expect(failure).rejects.toMatchObject({ name: 'ReadOnly' });
    expect(await valuesOf(engine)).toEqual([0, 0]);
  });

  test('transactions that deadlock are retried until both are done', async (context) => {
    server.require(context);
    const [engine, other] = [await counters(), await open()];
    const lock = 'SELECT value FROM counters WHERE id = ? FOR UPDATE';
    let [met, attempts] = [0, 0];
    let bothAreThere = (): void => {};
    const meeting = new Promise<void>((resolve) => {
      bothAreThere = resolve;
    });
    const swap = (by: ServerEngine, first: string, second: string) =>
      by.transaction(async (writer) => {
        attempts++;
        await writer.all(lock, [first]);
        if (++met === 2) bothAreThere();
        await meeting;
        await writer.all(lock, [second]);
        await writer.run('UPDATE counters SET value = value + 1');
      });
    await Promise.all([swap(engine, 'a', 'b'), swap(other, 'b', 'a')]);
    expect(await valuesOf(engine)).toEqual([2, 2]);
    // One is rolled back and retried, or both if the server picks both.
    expect(attempts).toBeGreaterThanOrEqual(3);
  });

  test('concurrent increments in many transactions all count', async (context) => {
    server.require(context);
    const [engine, other] = [await counters(), await open()];
    const increment = (by: ServerEngine) =>
      by.transaction(async (writer) => {
        const { rows } = await writer.all(`SELECT value FROM counters WHERE id = 'a' FOR UPDATE`);
        await writer.run('UPDATE counters SET value = ? WHERE id = ?', [Number(rows[0]?.[0]) + 1, 'a']);
      });
    await Promise.all(Array.from({ length: 20 }, (_, number) => increment(number % 2 === 0 ? engine : other)));
    expect(await valuesOf(engine)).toEqual([20, 0]);
  });

  test('a transaction whose new key was inserted by another one is retried', async (context) => {
    server.require(context);
    const [engine, other] = [await counters(), await open()];
    let attempts = 0;
    const result = await engine.transaction(async (writer) => {
      attempts++;
      const { rows } = await writer.all(`SELECT value FROM counters WHERE id = 'c' FOR UPDATE`);
      if (rows.length > 0) return 'found';
      await other.run(`INSERT INTO counters VALUES ('c', 1)`);
      await writer.run(`INSERT INTO counters VALUES ('c', 2)`);
      return 'made';
    });
    expect([result, attempts]).toEqual(['found', 2]);
  });

  test('a row that another transaction keeps locked gives DatabaseLocked after lock_timeout', async (context) => {
    server.require(context);
    const [engine, other] = [await counters({ lock_timeout: 100 }), await open()];
    await other.transaction(async (writer) => {
      await writer.run(`UPDATE counters SET value = 1 WHERE id = 'a'`);
      const failure = engine.run(`UPDATE counters SET value = 2 WHERE id = 'a'`);
      await expect(failure).rejects.toMatchObject({ name: 'DatabaseLocked' });
    });
    await engine.run(`UPDATE counters SET value = 3 WHERE id = 'a'`);
    expect(await valuesOf(engine)).toEqual([3, 0]);
  });

  test('a statement that exceeds statement_timeout fails, and the engine stays usable', async (context) => {
    server.require(context);
    const engine = await open({ statement_timeout: 300 });
    const failure = engine.all(isMysql ? 'SELECT SLEEP(20)' : 'SELECT pg_sleep(20)');
    await expect(failure).rejects.toMatchObject({ name: 'DatabaseError' });
    await expect(failure).rejects.toThrow('longer than 300 ms');
    expect((await engine.all('SELECT 1')).rows).toEqual([[1]]);
  });

  if (!isMysql) {
    test('a limit that the URL sets on the server holds, and is not taken for the usual one', async (context) => {
      server.require(context);
      const engine = await open({ startup: { options: '-c statement_timeout=300' } });
      const failure = engine.all('SELECT pg_sleep(20)');
      await expect(failure).rejects.toThrow('longer than the URL allows: SELECT pg_sleep(20)');
    });
  }

  test('timeouts longer than a timer can wait do not expire at once', async (context) => {
    server.require(context);
    const engine = await open({ statement_timeout: 3e9, lock_timeout: 1e15 });
    expect((await engine.all(isMysql ? 'SELECT SLEEP(0.1)' : 'SELECT pg_sleep(0.1)')).rows).toHaveLength(1);
  });

  test('tables of others may have any name', async (context) => {
    server.require(context);
    const connection = await server.running.createDatabase();
    const engine = await (isMysql ? openMysql : openPostgres)({ ...serverOf(connection), lock_timeout: 5000 }, false);
    opened.push(engine);
    await prepareSchema(engine, { now: () => '2024-01-02 03:04:05', newId: () => crypto.randomUUID() });
    const names = ['Inventory', 'a"b', 'a?b', "it's", 'Volumes'];
    const quoted = (name: string) => (isMysql ? `\`${name}\`` : `"${name.replaceAll('"', '""')}"`);
    for (const name of names) {
      const table = quoted(name);
      server.running.sql(`CREATE TABLE ${table} (x INT); INSERT INTO ${table} VALUES (1), (2)`, nameIn(connection));
    }
    const { tables } = await engine.read((reader) => examine(reader, false));
    expect(tables.flatMap(({ table, foreign }) => (foreign === 2 ? [table] : [])).sort()).toEqual(names.sort());
    expect(tables.find(({ table }) => table === 'volumes')).toMatchObject({ live: 0, foreign: 0 });
  });

  test('the fingerprint changes with every change, even within one second', async (context) => {
    server.require(context);
    const connection = await server.running.createDatabase();
    const engine = await (isMysql ? openMysql : openPostgres)({ ...serverOf(connection), lock_timeout: 5000 }, false);
    opened.push(engine);
    await prepareSchema(engine, { now: () => '2024-01-02 03:04:05', newId: () => crypto.randomUUID() });
    const time = (fraction: string) => `2030-01-02 03:04:05${isMysql ? '' : `.${fraction}`}`;
    const changes: readonly string[][] = [
      ...['a', 'b'].map((id) => [
        'INSERT INTO volumes (id, display_name, created_at, deleted, use_quota, volume_type_id) VALUES (?, ?, ?, false, true, ?)',
        ...[id, 'name', time('0'), 't'],
      ]),
      ['UPDATE volumes SET display_name = ?, updated_at = ? WHERE id = ?', 'named', time('1'), 'a'],
      ['UPDATE volumes SET display_name = ?, updated_at = ? WHERE id = ?', 'other', time('2'), 'a'],
      ['UPDATE volumes SET display_name = ?, updated_at = ? WHERE id = ?', 'other', time('3'), 'b'],
      ['INSERT INTO cinderlib_persistence_key_value VALUES (?, ?)', 'k', 'one'],
      ['UPDATE cinderlib_persistence_key_value SET value = ?', 'two'],
    ];
    const seen = new Set([await engine.read(fingerprint)]);
    for (const [count, [sql = '', ...parameters]] of changes.entries()) {
      await engine.run(sql, parameters);
      expect(await engine.read(fingerprint)).toBe(await engine.read(fingerprint));
      seen.add(await engine.read(fingerprint));
      expect(seen.size, sql).toBe(count + 2);
    }
  });

  test('transactions of a group run in order, and one that fails does not affect the others', async (context) => {
    server.require(context);
    const engine = await counters();
    const set =
      (value: number, fails = false) =>
      async (writer: Pick<ServerEngine, 'run'>) => {
        await writer.run('UPDATE counters SET value = ?', [value]);
        if (fails) await writer.run('SELECT nonsense');
        return value;
      };
    const results = await engine.group([set(1), set(2, true), set(3), set(4, true)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(await valuesOf(engine)).toEqual([3, 3]);
  });

  test('a transaction that swallows an error resolves only if its changes are stored', async (context) => {
    server.require(context);
    const engine = await counters();
    const swallowing = engine.transaction(async (writer) => {
      await writer.run('UPDATE counters SET value = 9');
      await writer.run('SELECT nonsense').catch(() => {});
    });
    const [result] = await Promise.allSettled([swallowing]);
    // MySQL rolls back the statement alone, PostgreSQL the transaction: the outcome must match the content.
    expect(await valuesOf(engine)).toEqual(result.status === 'fulfilled' ? [9, 9] : [0, 0]);
    expect(result.status).toBe(isMysql ? 'fulfilled' : 'rejected');
  });

  test('more concurrent reads than connections share the pool', async (context) => {
    server.require(context);
    const engine = await counters();
    const answers = await Promise.all(Array.from({ length: 30 }, () => valuesOf(engine)));
    expect(new Set(answers.map(String))).toEqual(new Set(['0,0']));
    const count = isMysql
      ? 'SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE()'
      : 'SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()';
    const connections = Number(server.running.sql(count, nameIn(connection ?? '')).trim());
    expect(connections).toBeGreaterThan(1);
    // Five of the pool, and the one that runs this query.
    expect(connections).toBeLessThanOrEqual(6);
  });

  test('describes the server and refuses to export it', async (context) => {
    server.require(context);
    const engine = await open();
    expect(engine.server).toMatchObject({ durable: false });
    expect(engine.version).toMatch(/^\d+\.\d+/);
    expect(await engine.size).toBeGreaterThanOrEqual(0);
    await expect(engine.bytes()).rejects.toMatchObject({ name: 'InvalidOption' });
  });
});
