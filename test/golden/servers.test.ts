/** The databases that Python's cinderlib wrote on servers, restored there: the same dumps, the same answers. */
import { type Cinderlib, setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import {
  type GoldenAnswers,
  type GoldenQuery,
  goldenJson,
  goldenServerDatabases,
  goldenSql,
} from '../support/golden.ts';
import { checkAnswers, checkQueries, inAnyOrder } from '../support/golden-answers.ts';
import { objectRows, rowsOf, seedRows } from '../support/server-rows.ts';
import { describeSchema } from '../support/server-schema.ts';
import { nameIn, useServer } from '../support/server-tests.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

describe.each(goldenServerDatabases)('the golden dump $file', ({ file, dialect, expected, backends, queries }) => {
  const kind = dialect === 'mysql' ? 'mysql' : 'postgresql';
  const server = useServer(kind);
  let restored: string | null = null;

  async function golden(): Promise<string> {
    if (restored !== null) return restored;
    restored = await server.running.createDatabase();
    server.running.sql(goldenSql(file), nameIn(restored));
    return restored;
  }

  async function withGolden(use: (cl: Cinderlib) => Promise<void>): Promise<void> {
    const cl = await setup({ persistence_config: { storage: 'db', connection: await golden() } });
    try {
      for (const name of backends) await cl.backend({ volume_backend_name: name, volume_driver: driver });
      await use(cl);
    } finally {
      await cl.close();
    }
  }

  test('gives the same dumps as Python', async (context) => {
    server.require(context);
    // Where Cinder asks for no order, MariaDB reads in that of the primary key, PostgreSQL in that of the stored rows.
    const normal = kind === 'mysql' ? undefined : inAnyOrder;
    await withGolden((cl) => checkAnswers(cl, goldenJson<GoldenAnswers>(expected), normal));
  });

  test('answers queries with the same ids in the same order', async (context) => {
    server.require(context);
    // The manifest omits long texts.
    const answered = queries.filter(({ result }) => Array.isArray(result));
    const isOrdered = ({ method }: GoldenQuery): boolean => kind === 'mysql' || method !== 'get_key_values';
    await withGolden(async (cl) => {
      await checkQueries(cl, answered.filter(isOrdered));
      const unordered = answered.filter((query) => !isOrdered(query));
      await checkQueries(cl, unordered, inAnyOrder);
    });
  });

  test('has the tables, columns, keys and indexes of a new database', async (context) => {
    server.require(context);
    const fresh = await server.running.createDatabase();
    await (await setup({ persistence_config: { storage: 'db', connection: fresh } })).close();
    const [ours = [], original = []] = [fresh, await golden()].map((url) =>
      describeSchema(server.running, nameIn(url)).filter((line) => !line.startsWith('database')),
    );
    expect(ours).toEqual(original);
    expect(original.filter((line) => line.startsWith('column')).length).toBeGreaterThan(400);
    // A dump does not hold the settings that the migration gives the database itself.
    const database = describeSchema(server.running, nameIn(fresh)).filter((line) => line.startsWith('database'));
    expect(database).toEqual(kind === 'mysql' ? ['database\tutf8mb3\tutf8mb3_general_ci'] : []);
  });

  test('has the initial rows of a new database', async (context) => {
    server.require(context);
    const fresh = await server.running.createDatabase();
    await (await setup({ persistence_config: { storage: 'db', connection: fresh } })).close();
    const [ours, original] = [fresh, await golden()].map((url) => seedRows(server.running, nameIn(url)));
    expect(ours).toEqual(original);
  });

  test('is unchanged to the byte after every object was saved unchanged', async (context) => {
    server.require(context);
    await withGolden(async (cl) => {
      const name = nameIn(await golden());
      const before = rowsOf(server.running, name);
      const { persistence } = cl;
      for (const volume of await persistence.getVolumes()) await volume.save();
      for (const snapshot of await persistence.getSnapshots()) await snapshot.save();
      for (const connection of await persistence.getConnections()) await connection.save();
      for (const pair of await persistence.getKeyValues()) await persistence.setKeyValue(pair);
      expect(rowsOf(server.running, name)).toEqual(before);
      expect(before.join('').length).toBeGreaterThan(50_000);
    });
  });

  test('gives the same rows when its dump is loaded into a new database', async (context) => {
    server.require(context);
    const fresh = await server.running.createDatabase();
    await withGolden(async (cl) => {
      const dump = await cl.dumps();
      const keyValues = await cl.persistence.getKeyValues();
      const connections = await cl.persistence.getConnections();
      await cl.setPersistence({ storage: 'db', connection: fresh });
      await cl.load(dump, { save: true });
      // A dump holds the connections of live volumes; those of others are loaded one by one.
      for (const connection of connections) await cl.load(await connection.dumps(), { save: true });
      for (const pair of keyValues) await cl.persistence.setKeyValue(pair);
    });
    const [ours, original] = [fresh, await golden()].map((url) => objectRows(server.running, nameIn(url)));
    expect(ours).toEqual(original);
  });
});

/** QoS specs as Cinder writes them, added to the golden `rich-mysql`; their ids are not in the order of creation. */
interface QosGolden {
  readonly backend: string;
  readonly volume_id: string;
  readonly sql: readonly string[];
  readonly jsons: string;
}

describe('QoS specs on MariaDB', () => {
  const server = useServer('mysql');

  test('are in the order in which Python reads them', async (context) => {
    server.require(context);
    const { backend, volume_id, sql, jsons } = goldenJson<QosGolden>('qos-mysql.json');
    const connection = await server.running.createDatabase();
    server.running.sql(`${goldenSql('rich-mysql.sql')};${sql.join(';')};`, nameIn(connection));
    await using cl = await setup({ persistence_config: { storage: 'db', connection } });
    await cl.backend({ volume_backend_name: backend, volume_driver: driver });
    expect((await cl.Volume.getById(volume_id)).jsons()).toBe(jsons);
  });
});
