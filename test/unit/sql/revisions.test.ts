/** What opening does to databases of every kind: the golden ones, and ones made here. */
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

/** The content of all tables, but for those that say the revision. */
function contentOf(engine: PlainEngine, tables = tablesOf(engine)) {
  const kept = tables.filter((name) => name !== 'alembic_version' && name !== 'cinderlib_persistence_key_value');
  return Object.fromEntries(kept.map((name) => [name, engine.rows(`SELECT * FROM "${name}" ORDER BY rowid`)]));
}

/** Expects that opening fails and leaves every byte as it was; gives the error. */
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

describe('the databases that the original opened', () => {
  const opened = goldenRevisions.filter(({ opens, name }) => opens && name !== 'legacy-135');
  test.each(opened)('$name ends as with the original', async ({ name, after }) => {
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

  test.each(['rev-9c74c1c6971f', 'rev-unknown'])('%s keeps every byte', async (name) => {
    const engine = await golden(name);
    const before = engine.digest();
    await prepare(engine);
    expect(engine.digest()).toBe(before);
  });

  test.each(opened)('$name is left alone when it is opened again', async ({ name }) => {
    const engine = await golden(name);
    await prepare(engine);
    const before = engine.digest();
    await prepare(engine);
    expect(engine.digest()).toBe(before);
  });
});

describe('the databases that the original did not open', () => {
  test.each(goldenRevisions.filter(({ opens }) => !opens))('$name keeps every byte', async ({ name, error }) => {
    const reason = await refused(await golden(name));
    if (error?.class === 'cinder.exception.VolumeTypeNotFoundByName') {
      expect(reason).toBeInstanceOf(VolumeTypeNotFoundByName);
      expect(reason).toHaveProperty('message', error.message);
    } else expect(reason).toBeInstanceOf(SchemaError);
  });

  test('a legacy database below 145 is not guessed at, but named', async () => {
    const reason = await refused(await golden('legacy-135'));
    expect(reason).toBeInstanceOf(SchemaError);
    expect(String(reason)).toMatch(/version 135 .* Xena to 2023\.1/);
  });

  test.each(['146', '144'])('nor is one at version %s', async (version) => {
    const engine = await golden('legacy-145');
    engine.rows('UPDATE migrate_version SET version = ?', [version]);
    expect(String(await refused(engine))).toContain(`version ${version}`);
  });

  test('tables of Cinder without both version tables are refused', async () => {
    const engine = await golden('empty.sqlite');
    engine.rows('DROP TABLE alembic_version');
    expect(String(await refused(engine))).toMatch(/services, consistencygroups, cgsnapshots and 32 more.*neither/);
  });

  test('so is a single table of somebody else that has the name of one of them', async () => {
    const engine = await PlainEngine.open();
    engine.rows('CREATE TABLE Messages (text)');
    expect(String(await refused(engine))).toContain('(messages)');
  });

  test('a missing default type is found before the key-value table is created', async () => {
    const engine = await golden('no-default-type');
    engine.rows('DROP TABLE cinderlib_persistence_key_value');
    expect(await refused(engine)).toBeInstanceOf(VolumeTypeNotFoundByName);
  });

  test('an upgrade that fails half way is taken back whole', async () => {
    const engine = await golden('rev-921e1a36b076');
    const before = engine.rows('SELECT * FROM sqlite_master');
    engine.failing = /^UPDATE alembic_version/;
    await expect(prepare(engine)).rejects.toThrow('fault');
    expect(engine.rows('SELECT * FROM sqlite_master')).toEqual(before);
  });
});

describe('a database that is not Cinder’s yet', () => {
  test('gets the tables beside those of others, which keep what they have', async () => {
    const engine = await PlainEngine.open();
    engine.rows('CREATE TABLE theirs (text)');
    engine.rows(`INSERT INTO theirs VALUES ('kept')`);
    expect(await prepare(engine)).toMatchObject({ revision: 'c92a3e68beed' });
    expect(tablesOf(engine)).toHaveLength(38);
    expect(engine.value('SELECT text FROM theirs')).toBe('kept');
  });

  test('keeps a key-value table and an empty alembic_version that are there', async () => {
    const engine = await PlainEngine.open();
    engine.rows('CREATE TABLE cinderlib_persistence_key_value ("key" PRIMARY KEY, value)');
    engine.rows(`INSERT INTO cinderlib_persistence_key_value VALUES ('a', 'b')`);
    engine.rows('CREATE TABLE alembic_version (version_num)');
    await prepare(engine);
    expect(engine.value('SELECT value FROM cinderlib_persistence_key_value')).toBe('b');
    expect(engine.value('SELECT version_num FROM alembic_version')).toBe('c92a3e68beed');
  });

  test('gets nothing at all when the creation fails half way', async () => {
    const engine = await PlainEngine.open();
    engine.failing = /INSERT INTO alembic_version/;
    await expect(prepare(engine)).rejects.toThrow('fault');
    expect(tablesOf(engine)).toEqual([]);
  });

  test('knows no revision of an alembic that belongs to somebody else', async () => {
    const engine = await PlainEngine.open();
    engine.rows('CREATE TABLE alembic_version (version_num)');
    engine.rows(`INSERT INTO alembic_version VALUES ('abc')`);
    expect(String(await refused(engine))).toContain('revision abc, has no table volumes');
  });
});

describe('a schema with more or fewer columns', () => {
  test('is used when the unknown columns want nothing', async () => {
    const engine = await golden('rev-unknown');
    engine.rows('ALTER TABLE volumes ADD COLUMN more TEXT');
    engine.rows(`ALTER TABLE snapshots ADD COLUMN much INTEGER NOT NULL DEFAULT 7`);
    expect(await prepare(engine)).toMatchObject({ revision: 'ffffffffffff' });
  });

  test('is refused when a table that is written wants a value for an unknown column', async () => {
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

  test('is refused when a column that is used is missing', async () => {
    const engine = await golden('rev-unknown');
    engine.rows('ALTER TABLE snapshots DROP COLUMN provider_auth');
    expect(String(await refused(engine))).toContain('no column provider_auth in its table snapshots');
  });
});

describe('the step from 921e1a36b076', () => {
  const master = `SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name = 'volumes' ORDER BY rowid`;

  test('gives the table and the indexes that the original makes', async () => {
    const [engine, original] = [await golden('rev-921e1a36b076'), await golden('empty.sqlite')];
    const byName = (rows: Record<string, unknown>[]) =>
      rows.sort((a, b) => (String(a['name']) < String(b['name']) ? -1 : 1));
    await prepare(engine);
    expect(byName(engine.rows(master))).toEqual(byName(original.rows(master)));
    expect(engine.rows(`SELECT name FROM sqlite_master WHERE sql LIKE '%alembic_tmp%'`)).toEqual([]);
  });

  test.each([
    ['columns of somebody else', 'ALTER TABLE volumes ADD COLUMN more TEXT'],
    ['a column that is computed', 'ALTER TABLE volumes ADD COLUMN more TEXT AS (upper(host))'],
    ['a view', 'CREATE VIEW named AS SELECT display_name FROM volumes'],
    ['a trigger', 'CREATE TRIGGER noted AFTER DELETE ON volumes BEGIN SELECT 1; END'],
    ['what an interrupted upgrade left', 'CREATE TABLE _alembic_tmp_volumes (id)'],
  ])('is not taken where there are %s', async (_, sql) => {
    const engine = await golden('rev-921e1a36b076');
    engine.rows(sql);
    const before = engine.digest();
    expect(await prepare(engine)).toMatchObject({ revision: '921e1a36b076' });
    expect(engine.digest()).toBe(before);
  });

  test('leaves a legacy database that cannot be rebuilt at the revision that it is stamped with', async () => {
    const engine = await golden('legacy-145');
    engine.rows('ALTER TABLE volumes ADD COLUMN more TEXT');
    expect(await prepare(engine)).toMatchObject({ revision: '921e1a36b076' });
    expect(engine.rows('SELECT * FROM alembic_version')).toEqual([{ version_num: '921e1a36b076' }]);
  });

  test('keeps the references of other tables when foreign keys are enforced', async () => {
    const engine = await golden('rev-921e1a36b076');
    engine.rows('PRAGMA foreign_keys = ON');
    const before = contentOf(engine);
    await prepare(engine);
    expect(contentOf(engine)).toEqual(before);
  });
});
