/**
 * The tables of a new database on a server: created once, by whichever context comes first, and completed if it was
 * stopped midway. A database in an unknown state is refused and left as it is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { openMysql } from '../../src/sql/engines/servers/mysql.ts';
import { openPostgres } from '../../src/sql/engines/servers/postgres.ts';
import { createOnMysql } from '../../src/sql/schema/create-on-mysql.ts';
import { lockSchema } from '../../src/sql/schema/lock.ts';
import { serverOf } from '../../src/urls/server-url.ts';
import { startProgram } from '../support/program.ts';
import { Random } from '../support/random.ts';
import { rounds, timeFor } from '../support/rounds.ts';
import { rowsOf, seedRows } from '../support/server-rows.ts';
import { describeSchema } from '../support/server-schema.ts';
import { nameIn, serverKinds, useProgram, useServer } from '../support/server-tests.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
const open = (connection: string, others: object = {}) =>
  setup({ persistence_config: { storage: 'db', connection, ...others } });

const program = useProgram(new URL('./programs/open.ts', import.meta.url));

describe.each(serverKinds)('%s', (kind) => {
  const server = useServer(kind);

  /** A database that this library created. */
  async function created(): Promise<string> {
    const connection = await server.running.createDatabase();
    await (await open(connection)).close();
    return connection;
  }

  const count = (connection: string): number =>
    describeSchema(server.running, nameIn(connection)).filter((line) => line.startsWith('table')).length;

  /** Waits until the database has that many tables. */
  async function tablesIn(connection: string, wanted: number): Promise<void> {
    while (count(connection) < wanted) await sleep(1);
  }

  /** The schema and all rows of a database. */
  const everything = (connection: string): readonly string[] => [
    ...describeSchema(server.running, nameIn(connection)),
    ...rowsOf(server.running, nameIn(connection)),
  ];

  /** A database that was created and then changed by the given statements. */
  async function altered(sql: string): Promise<string> {
    const connection = await created();
    server.running.sql(sql, nameIn(connection));
    return connection;
  }

  test('contexts that open a new database at once get one schema and one set of initial rows', async (context) => {
    server.require(context);
    const connection = await server.running.createDatabase();
    const contexts = await Promise.all(Array.from({ length: 4 }, () => open(connection)));
    for (const cl of contexts) expect((await cl.info()).revision).toBe('c92a3e68beed');
    for (const cl of contexts) await cl.close();
    const fresh = await created();
    expect(seedRows(server.running, nameIn(connection))).toEqual(seedRows(server.running, nameIn(fresh)));
  });

  test('contexts that open a database without a key-value table at once create it once', async (context) => {
    server.require(context);
    const connection = await created();
    const expected = everything(connection);
    server.running.sql('DROP TABLE cinderlib_persistence_key_value', nameIn(connection));
    const opening = await Promise.allSettled(Array.from({ length: 4 }, () => open(connection)));
    for (const one of opening) if (one.status === 'fulfilled') await one.value.close();
    expect(opening.map((one) => (one.status === 'fulfilled' ? 'open' : String(one.reason)))).toEqual(
      opening.map(() => 'open'),
    );
    expect(everything(connection)).toEqual(expected);
  });

  test('a creation that was killed is completed by the next context', {
    timeout: timeFor(rounds(4), 3000),
  }, async (context) => {
    server.require(context);
    const random = new Random();
    const fresh = await created();
    const expected = describeSchema(server.running, nameIn(fresh)).filter((line) => !line.includes('alembic_version'));
    let interrupted = 0;
    // The kill may come too late every time: then more rounds are run.
    const tooLate = (round: number): boolean => kind === 'mysql' && interrupted === 0 && round < 40;
    for (let round = 0; round < rounds(4) || tooLate(round); round++) {
      const connection = await server.running.createDatabase();
      const running = startProgram<{ phase: string }>([process.execPath, program.path, connection]);
      await running.heard(({ phase }) => phase === 'opening');
      // Only MySQL shows the tables of a creation under way.
      if (kind === 'postgresql') await sleep(100 + random.next() * 400);
      else await tablesIn(connection, 1 + random.below(20));
      await running.kill();
      if (count(connection) < 37) interrupted++;
      const cl = await open(connection);
      expect((await cl.info()).revision, `CINDERLIB_SEED=${random.seed}`).toBe('c92a3e68beed');
      await cl.close();
      // alembic_version has the character set that the database had when the creation began.
      const schema = describeSchema(server.running, nameIn(connection));
      expect(schema.filter((line) => !line.includes('alembic_version'))).toEqual(expected);
      expect(seedRows(server.running, nameIn(connection))).toEqual(seedRows(server.running, nameIn(fresh)));
    }
    if (kind === 'mysql') expect(interrupted).toBeGreaterThan(0);
  });

  test('creation leaves other tables of the database alone', async (context) => {
    server.require(context);
    const connection = await server.running.createDatabase();
    server.running.sql('CREATE TABLE others (id INTEGER); INSERT INTO others VALUES (7)', nameIn(connection));
    await (await open(connection)).close();
    expect(server.running.sql('SELECT id FROM others', nameIn(connection)).trim()).toBe('7');
  });

  test('the first supported revision is upgraded to the second', async (context) => {
    server.require(context);
    const change =
      kind === 'mysql'
        ? 'ALTER TABLE volumes MODIFY shared_targets BOOLEAN NOT NULL'
        : 'ALTER TABLE volumes ALTER COLUMN shared_targets SET NOT NULL';
    const connection = await altered(`${change}; UPDATE alembic_version SET version_num = '921e1a36b076'`);
    const contexts = await Promise.all([open(connection), open(connection)]);
    for (const cl of contexts) {
      expect((await cl.info()).revision).toBe('c92a3e68beed');
      await cl.close();
    }
    expect(everything(connection)).toEqual([
      ...describeSchema(server.running, nameIn(await created())),
      ...rowsOf(server.running, nameIn(connection)),
    ]);
  });

  test.for([{}, { read_only: true }])('opening with %o waits while a table is altered', async (others, context) => {
    server.require(context);
    const connection = await created();
    const altering = await (kind === 'mysql' ? openMysql : openPostgres)(
      { ...serverOf(connection), lock_timeout: 5000 },
      false,
    );
    const opening = await altering.transaction((session) =>
      lockSchema(session, async () => {
        // What MySQL does to a table that it alters, but for longer.
        await session.run('ALTER TABLE volumes RENAME TO volumes_altered');
        const started = open(connection, others);
        await Promise.race([started.catch(() => {}), sleep(500)]);
        await session.run('ALTER TABLE volumes_altered RENAME TO volumes');
        return { started };
      }),
    );
    await altering.close();
    expect((await (await opening.started).info()).revision).toBe('c92a3e68beed');
    await (await opening.started).close();
  });

  // PostgreSQL shows the tables only once all of them are created.
  if (kind === 'mysql') {
    test.for([
      ['revision', 'DELETE FROM alembic_version', 'DO 0'],
      [
        'table of the revision',
        'DROP TABLE alembic_version',
        'CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)',
      ],
    ] as const)(
      'opening with read_only waits for the %s of a creation under way',
      async ([, remove, make], context) => {
        server.require(context);
        const connection = await created();
        const making = await openMysql({ ...serverOf(connection), lock_timeout: 5000 }, false);
        const comment = (text: string) => `ALTER TABLE cinderlib_persistence_key_value COMMENT '${text}'`;
        const opening = await making.transaction((session) =>
          lockSchema(session, async () => {
            await session.run(remove);
            await session.run(comment('cinderlib-wasm is making the tables'));
            const started = open(connection, { read_only: true });
            started.catch(() => {});
            const states = () => server.running.sql('SELECT state FROM information_schema.processlist');
            await expect.poll(states, { timeout: 20_000 }).toContain('User lock');
            await session.run(make);
            await session.run("INSERT INTO alembic_version VALUES ('c92a3e68beed')");
            await session.run(comment(''));
            return { started };
          }),
        );
        await making.close();
        const cl = await opening.started;
        expect((await cl.info()).revision).toBe('c92a3e68beed');
        await cl.close();
      },
    );

    test('opening with read_only while the tables are created waits for all of them', async (context) => {
      server.require(context);
      const connection = await server.running.createDatabase();
      const making = await openMysql({ ...serverOf(connection), lock_timeout: 5000 }, false);
      const opening = await making.transaction((session) =>
        lockSchema(session, async () => {
          const started = open(connection, { read_only: true });
          // It finds no tables, and waits.
          await Promise.race([started.catch(() => {}), sleep(500)]);
          const origin = { now: () => '2026-01-01 00:00:00.000000', newId: () => crypto.randomUUID() };
          await createOnMysql(session, new Set(), origin);
          return { started };
        }),
      );
      await making.close();
      expect((await (await opening.started).info()).revision).toBe('c92a3e68beed');
      await (await opening.started).close();
    });

    test('a read is repeated if a table was altered during it', async (context) => {
      server.require(context);
      const connection = await created();
      const engine = await openMysql({ ...serverOf(connection), lock_timeout: 5000 }, false);
      let looks = 0;
      const found = await engine.read(async (session) => {
        if (++looks === 1) server.running.sql('ALTER TABLE volume_types FORCE', nameIn(connection));
        return session.all('SELECT name FROM volume_types');
      });
      expect([found.rows, looks]).toEqual([[['__DEFAULT__']], 2]);
      await engine.close();
    });
  }

  test.for(['9c74c1c6971f', 'ffffffffffff'])(
    'a database at revision %s is used unchanged',
    async (revision, context) => {
      server.require(context);
      const notNull =
        kind === 'mysql'
          ? 'MODIFY use_quota BOOLEAN NOT NULL DEFAULT true'
          : 'ALTER COLUMN use_quota SET NOT NULL, ALTER COLUMN use_quota SET DEFAULT true';
      const connection = await altered(
        `ALTER TABLE volumes ${notNull}; ALTER TABLE snapshots ${notNull}; UPDATE alembic_version SET version_num = '${revision}'`,
      );
      const before = everything(connection);
      const cl = await open(connection);
      expect((await cl.info()).revision).toBe(revision);
      const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: driver });
      const volume = await backend.createVolume(1);
      await (await volume.createSnapshot()).delete();
      await volume.delete();
      await cl.close();
      expect(everything(connection)).toEqual(before);
    },
  );

  test('a database at the last legacy version is stamped with the revision', async (context) => {
    server.require(context);
    const connection = await altered(
      `DROP TABLE alembic_version; CREATE TABLE migrate_version (repository_id VARCHAR(250), version INTEGER);
       INSERT INTO migrate_version VALUES ('cinder', 145)`,
    );
    await (await open(connection)).close();
    const versions = server.running.sql('SELECT version_num FROM alembic_version', nameIn(connection));
    expect(versions.trim()).toBe('c92a3e68beed');
  });

  test('a missing key-value table is created, but not with read_only', async (context) => {
    server.require(context);
    const connection = await altered('DROP TABLE cinderlib_persistence_key_value');
    const readOnly = await open(connection, { read_only: true });
    expect(await readOnly.persistence.getKeyValues()).toEqual([]);
    await readOnly.close();
    await (await open(connection)).close();
    expect(everything(connection)).toEqual([
      ...describeSchema(server.running, nameIn(await created())),
      ...rowsOf(server.running, nameIn(connection)),
    ]);
  });

  test.for([
    [`DELETE FROM alembic_version`, 'SchemaError', 'alembic_version is empty'],
    [`DROP TABLE alembic_version`, 'SchemaError', 'neither alembic_version nor migrate_version'],
    [`INSERT INTO alembic_version VALUES ('921e1a36b076')`, 'SchemaError', 'several rows'],
    [
      `DELETE FROM alembic_version; CREATE TABLE migrate_version (repository_id VARCHAR(250), version INTEGER);
       INSERT INTO migrate_version VALUES ('cinder', 144)`,
      'SchemaError',
      'version 144',
    ],
    [`ALTER TABLE volumes ADD COLUMN strange INTEGER NOT NULL`, 'SchemaError', 'strange'],
    [`ALTER TABLE volumes DROP COLUMN ec2_id`, 'SchemaError', 'ec2_id'],
    [`UPDATE volume_types SET deleted = true`, 'VolumeTypeNotFoundByName', '__DEFAULT__'],
  ] as const)('a database after %s is refused and left as it is', async ([sql, name, part], context) => {
    server.require(context);
    const connection = await altered(sql);
    const before = everything(connection);
    for (const others of [{}, { read_only: true }]) {
      const failure = open(connection, others);
      await expect(failure).rejects.toMatchObject({ name });
      await expect(failure).rejects.toThrow(part);
      // Without the password.
      await expect(failure).rejects.toHaveProperty('path', serverOf(connection).name);
    }
    expect(everything(connection)).toEqual(before);
  });

  test('opening with read_only creates no tables', async (context) => {
    server.require(context);
    const connection = await server.running.createDatabase();
    await expect(open(connection, { read_only: true })).rejects.toMatchObject({ name: 'SchemaError' });
    expect(describeSchema(server.running, nameIn(connection)).filter((line) => line.startsWith('column'))).toEqual([]);
  });
});
