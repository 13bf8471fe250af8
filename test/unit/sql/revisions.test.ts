/** What opening does to all kinds of databases: golden ones, and others that the tests create. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SchemaError, VolumeTypeNotFoundByName } from '../../../src/errors/index.ts';
import { prepareSchema } from '../../../src/sql/revisions.ts';
import { goldenBytes, goldenRevisions } from '../../support/golden.ts';
import { PlainEngine } from './plain-engine.ts';

const origin = { now: () => '2024-02-03 04:05:06.789012', newId: () => crypto.randomUUID() };
const prepare = (engine: PlainEngine) => prepareSchema(engine, origin);
const golden = (name: string) => {
  const { file } = goldenRevisions.find((revision) => revision.name === name) ?? { file: name };
  return PlainEngine.open(goldenBytes(file));
};
const tablesOf = (engine: PlainEngine) =>
  engine.rows(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`).map(({ name }) => String(name));

/** The content of all tables, except those for the revision and the key-values. */
function contentOf(engine: PlainEngine, tables = tablesOf(engine)) {
  const kept = tables.filter((name) => name !== 'alembic_version' && name !== 'cinderlib_persistence_key_value');
  return Object.fromEntries(kept.map((name) => [name, engine.rows(`SELECT * FROM "${name}" ORDER BY rowid`)]));
}

/** Expects that opening fails and changes no byte; returns the error. */
async function refused(engine: PlainEngine): Promise<unknown> {
  const before = engine.digest();
  const error = await prepare(engine).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).not.toBeNull();
  expect(engine.digest()).toBe(before);
  return error;
}

describe('databases that the original opened', () => {
  const opened = goldenRevisions.filter(({ opens, name }) => opens && name !== 'legacy-135');
  test.each(opened)('$name ends in the same state as with the original', async ({ name, after }) => {
    const engine = await golden(name);
    const content = contentOf(engine);
    const { revision } = await prepare(engine);
    expect([revision]).toEqual(after.alembic_version);
    expect(tablesOf(engine)).toHaveLength(after.tables);
    expect(engine.rows('SELECT version_num FROM alembic_version')).toEqual([{ version_num: revision }]);
    if (after.migrate_version) expect(engine.value('SELECT version FROM migrate_version')).toBe(145);
    const types = engine.rows(`SELECT id, created_at, updated_at FROM volume_types WHERE name = '__DEFAULT__'`);
    expect(types.map(Object.values)).toEqual(after.default_types);
    expect(contentOf(engine, Object.keys(content))).toEqual(content);
    expect(engine.value('PRAGMA integrity_check')).toBe('ok');
  });

  test.each(['rev-9c74c1c6971f', 'rev-unknown'])('%s is not changed', async (name) => {
    const engine = await golden(name);
    const before = engine.digest();
    await prepare(engine);
    expect(engine.digest()).toBe(before);
  });

  test.each(opened)('$name is not changed when it is opened again', async ({ name }) => {
    const engine = await golden(name);
    await prepare(engine);
    const before = engine.digest();
    await prepare(engine);
    expect(engine.digest()).toBe(before);
  });
});

describe('databases that the original did not open', () => {
  test.each(goldenRevisions.filter(({ opens }) => !opens))(
    '$name is refused and not changed',
    async ({ name, error }) => {
      const reason = await refused(await golden(name));
      if (error?.class === 'cinder.exception.VolumeTypeNotFoundByName') {
        expect(reason).toBeInstanceOf(VolumeTypeNotFoundByName);
        expect(reason).toHaveProperty('message', error.message);
      } else expect(reason).toBeInstanceOf(SchemaError);
    },
  );

  test('a legacy database below 145 is refused with its version', async () => {
    const reason = await refused(await golden('legacy-135'));
    expect(reason).toBeInstanceOf(SchemaError);
    expect(String(reason)).toMatch(/version 135 .* Xena to 2023\.1/);
  });

  test('a legacy database that no release from Xena on can upgrade is refused with what comes first', async () => {
    // Cinder Zed says of it "Database schema file with version 133 doesn't exist."
    const engine = await golden('legacy-135');
    engine.rows('UPDATE migrate_version SET version = 132');
    expect(String(await refused(engine))).toMatch(/version 132 .* from 135 on, others with earlier releases first/);
  });

  test.each(['146', '144'])('a legacy database at version %s is refused', async (version) => {
    const engine = await golden('legacy-145');
    engine.rows('UPDATE migrate_version SET version = ?', [version]);
    expect(String(await refused(engine))).toContain(`version ${version}`);
  });

  test('tables of Cinder without both version tables are refused', async () => {
    const engine = await golden('empty.sqlite');
    engine.rows('DROP TABLE alembic_version');
    expect(String(await refused(engine))).toMatch(/services, consistencygroups, cgsnapshots and 32 more.*neither/);
  });

  test.each(['rev-none', 'rev-two'])('the refusal of %s says where the right revision is documented', async (name) => {
    const [, page = '', section] = /see (.*)#(\w+)\./.exec(String(await refused(await golden(name)))) ?? [];
    const text = readFileSync(join(import.meta.dirname, '../../..', page), 'utf8');
    const about = text.split(/^## /m).find((part) => part.startsWith(`${section}\n`));
    expect(about).toMatch(/`alembic_version`.* one row[^#]*`c92a3e68beed`/);
  });

  test('a single foreign table with the name of a table of Cinder is refused', async () => {
    const engine = await PlainEngine.open();
    engine.rows('CREATE TABLE Messages (text)');
    expect(String(await refused(engine))).toContain('(messages)');
  });

  test('a missing default type is detected before the key-value table is created', async () => {
    const engine = await golden('no-default-type');
    engine.rows('DROP TABLE cinderlib_persistence_key_value');
    expect(await refused(engine)).toBeInstanceOf(VolumeTypeNotFoundByName);
  });

  test('an upgrade that fails midway is rolled back as a whole', async () => {
    const engine = await golden('rev-921e1a36b076');
    const before = engine.rows('SELECT * FROM sqlite_master');
    engine.failing = /^UPDATE alembic_version/;
    await expect(prepare(engine)).rejects.toThrow('fault');
    expect(engine.rows('SELECT * FROM sqlite_master')).toEqual(before);
  });
});

describe('a database without tables of Cinder', () => {
  test('gets the tables beside foreign ones, which keep their content', async () => {
    const engine = await PlainEngine.open();
    engine.rows('CREATE TABLE theirs (text)');
    engine.rows(`INSERT INTO theirs VALUES ('kept')`);
    expect(await prepare(engine)).toMatchObject({ revision: 'c92a3e68beed' });
    expect(tablesOf(engine)).toHaveLength(38);
    expect(engine.value('SELECT text FROM theirs')).toBe('kept');
  });

  test('keeps an existing key-value table and an empty alembic_version', async () => {
    const engine = await PlainEngine.open();
    engine.rows('CREATE TABLE cinderlib_persistence_key_value ("key" PRIMARY KEY, value)');
    engine.rows(`INSERT INTO cinderlib_persistence_key_value VALUES ('a', 'b')`);
    engine.rows('CREATE TABLE alembic_version (version_num)');
    await prepare(engine);
    expect(engine.value('SELECT value FROM cinderlib_persistence_key_value')).toBe('b');
    expect(engine.value('SELECT version_num FROM alembic_version')).toBe('c92a3e68beed');
  });

  test('is left without tables if the creation fails midway', async () => {
    const engine = await PlainEngine.open();
    engine.failing = /INSERT INTO alembic_version/;
    await expect(prepare(engine)).rejects.toThrow('fault');
    expect(tablesOf(engine)).toEqual([]);
  });

  test('is refused at a revision of a foreign alembic', async () => {
    const engine = await PlainEngine.open();
    engine.rows('CREATE TABLE alembic_version (version_num)');
    engine.rows(`INSERT INTO alembic_version VALUES ('abc')`);
    expect(String(await refused(engine))).toContain('revision abc, has no table volumes');
  });
});

describe('a schema with more or fewer columns', () => {
  test('is accepted if the unknown columns need no value', async () => {
    const engine = await golden('rev-unknown');
    engine.rows('ALTER TABLE volumes ADD COLUMN more TEXT');
    engine.rows(`ALTER TABLE snapshots ADD COLUMN much INTEGER NOT NULL DEFAULT 7`);
    expect(await prepare(engine)).toMatchObject({ revision: 'ffffffffffff' });
  });

  test('is refused if an unknown column of a table that is written must have a value', async () => {
    const engine = await golden('rev-unknown');
    engine.rows('DROP TABLE volume_metadata');
    engine.rows(
      `CREATE TABLE volume_metadata (id INTEGER PRIMARY KEY, volume_id, "key", value, created_at, updated_at,
        deleted_at, deleted, more TEXT NOT NULL)`,
    );
    const reason = await refused(engine);
    expect(reason).toBeInstanceOf(SchemaError);
    expect(String(reason)).toMatch(
      /ffffffffffff, has a column more in its table volume_metadata that must have a value/,
    );
  });

  test('is refused if a column that is used is missing', async () => {
    const engine = await golden('rev-unknown');
    engine.rows('ALTER TABLE snapshots DROP COLUMN provider_auth');
    expect(String(await refused(engine))).toContain('no column provider_auth in its table snapshots');
  });
});

describe('the upgrade from 921e1a36b076', () => {
  const master = `SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name = 'volumes' ORDER BY rowid`;

  test('creates the same table and indexes as the original', async () => {
    const [engine, original] = [await golden('rev-921e1a36b076'), await golden('empty.sqlite')];
    const byName = (rows: Record<string, unknown>[]) =>
      rows.sort((a, b) => (String(a['name']) < String(b['name']) ? -1 : 1));
    await prepare(engine);
    expect(byName(engine.rows(master))).toEqual(byName(original.rows(master)));
    expect(engine.rows(`SELECT name FROM sqlite_master WHERE sql LIKE '%alembic_tmp%'`)).toEqual([]);
  });

  test.each([
    ['foreign columns', 'ALTER TABLE volumes ADD COLUMN more TEXT'],
    ['a generated column', 'ALTER TABLE volumes ADD COLUMN more TEXT AS (upper(host))'],
    ['a view', 'CREATE VIEW named AS SELECT display_name FROM volumes'],
    ['a trigger', 'CREATE TRIGGER noted AFTER DELETE ON volumes BEGIN SELECT 1; END'],
    ['a table left by an interrupted upgrade', 'CREATE TABLE _alembic_tmp_volumes (id)'],
  ])('is not done if the database has %s', async (_, sql) => {
    const engine = await golden('rev-921e1a36b076');
    engine.rows(sql);
    const before = engine.digest();
    expect(await prepare(engine)).toMatchObject({ revision: '921e1a36b076' });
    expect(engine.digest()).toBe(before);
  });

  test('is not done for a legacy database that cannot be rebuilt, which keeps its stamped revision', async () => {
    const engine = await golden('legacy-145');
    engine.rows('ALTER TABLE volumes ADD COLUMN more TEXT');
    expect(await prepare(engine)).toMatchObject({ revision: '921e1a36b076' });
    expect(engine.rows('SELECT * FROM alembic_version')).toEqual([{ version_num: '921e1a36b076' }]);
  });

  test('keeps the references of other tables if foreign keys are enforced', async () => {
    const engine = await golden('rev-921e1a36b076');
    engine.rows('PRAGMA foreign_keys = ON');
    const before = contentOf(engine);
    await prepare(engine);
    expect(contentOf(engine)).toEqual(before);
  });
});
