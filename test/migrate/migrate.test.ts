/** `migrate` when something goes wrong: what it refuses, what it rolls back, what a second run completes. */
import { existsSync, linkSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  type Connection,
  type ConnectionFilter,
  DatabaseLocked,
  InvalidOption,
  KeyValue,
  MigrationConflict,
  migrate,
  type PersistenceConfig,
  type Snapshot,
  type SnapshotFilter,
  SourceChanged,
  setup,
  type Volume,
  type VolumeFilter,
} from 'cinderlib-wasm';
import { expect, test, vi } from 'vitest';
import { NoteBook } from '../../examples/support/note-book.ts';
import { refuseSame } from '../../src/migrate/same-storage.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { needs } from '../support/native-programs.ts';
import { nativeDump, nativeRows, nativeSql } from '../support/tables.ts';

// Each test opens several databases, on machines that are busy with other work.
vi.setConfig({ testTimeout: 180_000 });

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
const at = (path: string): PersistenceConfig => ({ storage: 'db', connection: `sqlite:///${path}` });

/** Creates a database with one volume that has the given fields. */
async function withVolume(path: string, fields: Record<string, unknown>): Promise<void> {
  const cl = await setup({ persistence_config: at(path) });
  const lvm = await cl.backend({ volume_backend_name: 'lvm', volume_driver: driver });
  await lvm.createVolume(1, fields);
  await cl.close();
}

async function inFolder(use: (source: string, target: string, folder: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('rich.sqlite', join(folder, 'source.sqlite'));
    await use(source, join(folder, 'target.sqlite'), folder);
  });
}

test('a second run changes no row', async () => {
  await inFolder(async (source, target) => {
    await migrate(at(source), at(target));
    const first = nativeDump(target);
    const report = await migrate(at(source), at(target));
    expect(report).toMatchObject({ volumes: 55, snapshots: 35, connections: 17, differences: [] });
    expect(nativeDump(target)).toBe(first);
  });
});

test('a second run carries over what changed in the source', async () => {
  await inFolder(async (source, target) => {
    await migrate(at(source), at(target));
    const [{ id } = {}] = nativeRows(source, 'SELECT id FROM volumes ORDER BY id LIMIT 1');
    nativeSql(
      source,
      `UPDATE volumes SET display_name = 'new', updated_at = '2030-01-01 00:00:00.000000' WHERE id = '${id}'`,
    );
    expect((await migrate(at(source), at(target))).differences).toEqual([]);
    expect(nativeRows(target, `SELECT display_name AS name FROM volumes WHERE id = '${id}'`)).toEqual([
      { name: 'new' },
    ]);
  });
});

test('a migration that fails midway is rolled back, and the target keeps its own rows', async () => {
  await inFolder(async (source, target) => {
    await withVolume(target, { id: 'there-before', name: 'stays' });
    const before = nativeDump(target);
    const on_progress = ({ done }: { readonly done: number }): void => {
      if (done > 60) throw new Error('stop');
    };
    await expect(migrate(at(source), at(target), { on_progress })).rejects.toThrow('stop');
    expect(nativeDump(target)).toBe(before);
    const report = await migrate(at(source), at(target));
    expect(report.differences).toEqual([]);
    expect(nativeRows(target, 'SELECT count(*) AS n FROM volumes')).toEqual([{ n: 56 }]);
  });
});

test('on_progress may be asynchronous: a migration waits for it, and ends when it rejects', async () => {
  await inFolder(async (source, target) => {
    let running = 0;
    const on_progress = async ({ done }: { readonly done: number }): Promise<void> => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      if (done > 60) throw new Error('stop');
    };
    await expect(migrate(at(source), at(target), { on_progress })).rejects.toThrow('stop');
    expect(existsSync(target)).toBe(false);
  });
});

test('an object that the target cannot store is named, and nothing is stored', async () => {
  const cl = await setup();
  const lvm = await cl.backend({ volume_backend_name: 'lvm', volume_driver: driver });
  await lvm.createVolume(1, { name: 'good' });
  const { id } = await lvm.createVolume(1, { name: 'half a pair \ud800' });
  const target = await setup({ persistence_config: { storage: 'memory_db' } });
  const migration = migrate({ storage: cl.persistence }, { storage: target.persistence });
  await expect(migration).rejects.toMatchObject({ name: 'ValueError', item: `volume ${id}` });
  expect(await target.persistence.getVolumes()).toEqual([]);
  await target.close();
  await cl.close();
});

test('a row that cannot be read is named', async () => {
  await inFolder(async (source, target) => {
    const [{ id } = {}] = nativeRows(source, 'SELECT id FROM volume_attachment WHERE deleted = 0 LIMIT 1');
    nativeSql(source, `UPDATE volume_attachment SET connection_info = 'no JSON' WHERE id = '${id}'`);
    const migration = migrate(at(source), at(target));
    await expect(migration).rejects.toMatchObject({ name: 'JSONDecodeError', item: `VolumeAttachment ${id}` });
    expect(existsSync(target)).toBe(false);
  });
});

/** Fails once it has stored `left` objects. */
class Failing extends NoteBook {
  left = 0;

  override async setVolume(volume: Volume) {
    this.#count();
    await super.setVolume(volume);
  }

  override async setSnapshot(snapshot: Snapshot) {
    this.#count();
    await super.setSnapshot(snapshot);
  }

  override async setConnection(connection: Connection) {
    this.#count();
    await super.setConnection(connection);
  }

  #count() {
    if (this.left-- === 0) throw new Error('the plugin fails');
  }
}

test('after a plugin failed midway, further runs store what is missing', async () => {
  await inFolder(async (source, target) => {
    const plugin = new Failing();
    for (const stores of [0, 20, 50]) {
      plugin.left = stores;
      await expect(migrate(at(source), { storage: plugin })).rejects.toThrow('the plugin fails');
    }
    plugin.left = 1000;
    const report = await migrate(at(source), { storage: plugin });
    expect(report).toMatchObject({ volumes: 55, snapshots: 35, connections: 17, key_values: 11, differences: [] });
    // Only what was missing was stored again.
    expect(1000 - plugin.left).toBe(55 + 35 + 17 - 70);
    expect((await migrate({ storage: plugin }, at(target))).differences).toEqual([]);
  });
});

test('a plugin is always given the filters that its getters name, to and from it', async () => {
  // As the contract writes them: without a default for the parameter.
  class Exact extends NoteBook {
    override async getVolumes({ volume_id, volume_name, backend_name }: VolumeFilter) {
      return super.getVolumes({ volume_id, volume_name, backend_name });
    }
    override async getSnapshots({ snapshot_id, snapshot_name, volume_id }: SnapshotFilter) {
      return super.getSnapshots({ snapshot_id, snapshot_name, volume_id });
    }
    override async getConnections({ connection_id, volume_id }: ConnectionFilter) {
      return super.getConnections({ connection_id, volume_id });
    }
  }
  await inFolder(async (source, target) => {
    const storage = new Exact();
    const counts = { volumes: 55, snapshots: 35, connections: 17, differences: [] };
    expect(await migrate(at(source), { storage })).toMatchObject(counts);
    expect(await migrate({ storage }, at(target))).toMatchObject(counts);
  });
});

test('a database is not migrated into itself, whatever path names it', async () => {
  await inFolder(async (source, _target, folder) => {
    symlinkSync(folder, join(folder, 'here'));
    symlinkSync(source, join(folder, 'link.sqlite'));
    linkSync(source, join(folder, 'hard.sqlite'));
    const relativePath = relative(process.cwd(), source);
    for (const name of [
      relativePath,
      join(folder, 'here', 'source.sqlite'),
      ...['link', 'hard'].map((link) => join(folder, `${link}.sqlite`)),
    ]) {
      const migrating = migrate(at(source), at(name));
      await expect(migrating, name).rejects.toThrow('source and target are the same storage');
      await expect(migrating, name).rejects.toBeInstanceOf(InvalidOption);
    }
    expect(await migrate(at(source), at(join(folder, 'here', 'other.sqlite')), { dry_run: true })).toMatchObject({
      volumes: 55,
    });
  });
});

test.each([
  ['mysql://u:p@db/cl', 'mysql+pymysql://v:q@DB:3306/cl?charset=utf8', true],
  ['mariadb://u@localhost/cl', 'mysql://u@127.0.0.1/cl', true],
  ['mysql:///cl?unix_socket=/run/m.sock', 'mysql://u@localhost/cl?unix_socket=/run/m.sock', true],
  ['mysql:///cl?unix_socket=/run/m.sock', 'mysql://u@localhost/cl', false],
  ['mysql://u@db/cl', 'mysql://u@db/cl2', false],
  ['mysql://u@db/cl', 'mysql://u@db:3307/cl', false],
  ['mysql://u@db:3306/cl', 'postgresql://u@db:3306/cl', false],
  ['postgresql://u@db/cl', 'postgresql+psycopg2://u:p@/cl?host=db&port=5432', true],
  ['postgresql://u@db/cl', 'postgresql:///cl?host=db&user=u', true],
  // Each user may have a schema and a database of their own there.
  ['postgresql://u@db/cl', 'postgresql://v@db/cl', false],
  ['postgresql://u@db/', 'postgresql://v@db/', false],
  ['mysql://u@127.0.0.1/cl', 'mysql://u@127.0.0.2/cl', false],
  ['postgresql://u@[::1]/cl', 'postgresql://u@localhost/cl', true],
  ['postgresql://u@db/cl?options=-csearch_path%3Da', 'postgresql://u@db/cl?options=-csearch_path%3Db', false],
  // Each of them is a new one.
  ['sqlite://', 'sqlite://', false],
  ['sqlite:///:memory:', 'sqlite:///:memory:?check_same_thread=false', false],
])('%s and %s name the same database: %s', (one, other, same) => {
  const of = (connection: string) => ({ storage: 'db', connection });
  if (same) expect(() => refuseSame(of(one), of(other))).toThrow('the same storage');
  else expect(() => refuseSame(of(one), of(other))).not.toThrow();
});

/** Counts how often it was closed; closing may fail. */
class Closing extends NoteBook {
  closings = 0;
  failure: Error | null = null;

  override async close() {
    this.closings++;
    if (this.failure !== null) throw this.failure;
  }
}

test('a storage that cannot be closed leaves no other open, and hides no earlier error', async () => {
  const why = new Error('no more');
  const on_progress = () => {
    throw why;
  };
  for (const options of [{}, { on_progress }]) {
    const [from, to] = [new Closing(), new Closing()];
    to.failure = new Error('stuck');
    const migrating = migrate({ storage: from }, { storage: to }, options);
    await expect(migrating).rejects.toBe('on_progress' in options ? why : to.failure);
    expect([from.closings, to.closings]).toEqual([1, 1]);
  }
});

/** Counts how often reading its volumes ended. */
class Cursor extends NoteBook {
  ends = 0;

  override async *iterateVolumes() {
    try {
      yield* super.iterateVolumes();
    } finally {
      this.ends++;
    }
  }
}

test('a migration that fails midway ends its reading of the source', async () => {
  const storage = new Cursor();
  await using cl = await setup({ persistence_config: { storage } });
  const lvm = await cl.backend({ volume_backend_name: 'lvm', volume_driver: driver });
  for (let n = 0; n < 300; n++) await lvm.createVolume(1);
  const on_progress = ({ done }: { readonly done: number }): void => {
    if (done > 0) throw new Error('stop');
  };
  await expect(migrate({ storage }, { storage: 'memory' }, { on_progress })).rejects.toThrow('stop');
  expect(storage.ends).toBe(1);
});

/** Loses a field of one volume. */
class Forgetful extends NoteBook {
  override async setVolume(volume: Volume) {
    if (volume.name === 'failed 2') volume.name = null;
    await super.setVolume(volume);
  }
}

test('verify reports a field that did not arrive', async () => {
  await inFolder(async (source) => {
    const [{ id } = {}] = nativeRows(source, "SELECT id FROM volumes WHERE display_name = 'failed 2'");
    const report = await migrate(at(source), { storage: new Forgetful() });
    const difference = { kind: 'volume', id, field: 'display_name', source: '"failed 2"', target: 'null' };
    expect(report.differences).toEqual([difference]);
    const unseen = await migrate(at(source), { storage: new Forgetful() }, { verify: false });
    expect(unseen.differences).toEqual([]);
  });
});

test('a dry run counts the objects and creates no file', async () => {
  await inFolder(async (source, target, folder) => {
    const report = await migrate(at(source), at(target), { dry_run: true });
    expect(report).toMatchObject({ volumes: 55, snapshots: 35, connections: 17, key_values: 11 });
    expect(readdirSync(folder)).toEqual(['source.sqlite']);
  });
});

test('a dry run changes nothing, and finds conflicts', async () => {
  await inFolder(async (source, target) => {
    await withVolume(target, { id: 'other' });
    const bytes = readFileSync(target);
    await migrate(at(source), at(target), { dry_run: true });
    expect(readFileSync(target).equals(bytes)).toBe(true);
    const [{ id } = {}] = nativeRows(source, 'SELECT id FROM volumes ORDER BY id LIMIT 1');
    nativeSql(target, `UPDATE volumes SET id = '${id}'`);
    await expect(migrate(at(source), at(target), { dry_run: true })).rejects.toMatchObject({ kind: 'volume', id });
  });
});

test.each(['file', 'plugin'])('a different object with the same id is not overwritten: %s', async (kind) => {
  await inFolder(async (source, target) => {
    const [{ id } = {}] = nativeRows(source, 'SELECT id FROM volumes ORDER BY id DESC LIMIT 1');
    await withVolume(target, { id, name: 'another' });
    const plugin = new NoteBook();
    if (kind === 'plugin') await migrate(at(target), { storage: plugin });
    const to = kind === 'plugin' ? { storage: plugin } : at(target);
    const before = nativeDump(target);
    const migration = migrate(at(source), to);
    await expect(migration).rejects.toBeInstanceOf(MigrationConflict);
    await expect(migration).rejects.toMatchObject({ kind: 'volume', id, code: 'MIGRATION_CONFLICT' });
    expect(nativeDump(target)).toBe(before);
  });
});

test.each(['volumes', 'snapshots', 'volume_attachment', 'volume_types'])(
  'a later change in the target is not overwritten: %s',
  async (table) => {
    await inFolder(async (source, target) => {
      await migrate(at(source), at(target));
      const where = table === 'volume_types' ? "name <> '__DEFAULT__'" : '1';
      const [{ id } = {}] = nativeRows(target, `SELECT id FROM ${table} WHERE ${where} LIMIT 1`);
      nativeSql(target, `UPDATE ${table} SET updated_at = '2030-01-01 00:00:00.000000' WHERE id = '${id}'`);
      await expect(migrate(at(source), at(target))).rejects.toMatchObject({ name: 'MigrationConflict', id });
    });
  },
);

test('a different value of the same key is not overwritten', async () => {
  await inFolder(async (source, target) => {
    const [{ key } = {}] = nativeRows(source, 'SELECT key FROM cinderlib_persistence_key_value LIMIT 1');
    await withVolume(target, {});
    nativeSql(target, `INSERT INTO cinderlib_persistence_key_value VALUES ('${key}', 'own')`);
    await expect(migrate(at(source), at(target))).rejects.toMatchObject({ kind: 'key-value', id: key });
    const report = await migrate(at(source), at(target), { key_values: false });
    expect(report).toMatchObject({ key_values: 0, differences: [] });
    expect(report.not_carried).toContainEqual(
      expect.objectContaining({ kind: 'key-value', count: 11, why: 'key_values: false' }),
    );
  });
});

/** Has many key-values, and counts how often it was asked for all of them. */
class Keyed extends NoteBook {
  listed = 0;
  keyValues: readonly KeyValue[] = [];

  override async getKeyValues(key?: string | null) {
    if (!key) this.listed++;
    return [...this.keyValues, ...(await super.getKeyValues(key))];
  }
}

/** More key-values than are carried at a time. */
const manyKeyValues = Array.from({ length: 300 }, (_, number) => new KeyValue(`key ${number}`, String(number)));

test.each([false, true])('a plugin is asked once what keys it has, with dry_run: %s', async (dry_run) => {
  const [from, to] = [new Keyed(), new Keyed()];
  from.keyValues = manyKeyValues;
  const report = await migrate({ storage: from }, { storage: to }, { dry_run, verify: false });
  expect(report.key_values).toBe(300);
  expect(to.listed).toBe(1);
  expect(await to.getKeyValues()).toHaveLength(dry_run ? 0 : 300);
});

test.each([false, true])('a source with two values of one key is refused, with dry_run: %s', async (dry_run) => {
  const [from, to] = [new Keyed(), new Keyed()];
  from.keyValues = [...manyKeyValues, new KeyValue('key 0', 'other')];
  const migration = migrate({ storage: from }, { storage: to }, { dry_run });
  await expect(migration).rejects.toMatchObject({ name: 'MigrationConflict', kind: 'key-value', id: 'key 0' });
});

test('a source that changes during the migration is refused, and nothing is stored', async () => {
  needs('sqlite3');
  await inFolder(async (source, target) => {
    let changed = false;
    const on_progress = (): void => {
      if (!changed)
        nativeSql(source, "UPDATE volumes SET updated_at = '2030-01-01 00:00:00' WHERE display_name = 'failed 2'");
      changed = true;
    };
    await expect(migrate(at(source), at(target), { on_progress })).rejects.toBeInstanceOf(SourceChanged);
    expect(existsSync(target)).toBe(false);
    expect((await migrate(at(source), at(target))).differences).toEqual([]);
  });
});

test('of two concurrent migrations into one file, one fails with DatabaseLocked', async () => {
  await inFolder(async (source, target) => {
    const [first, second] = await Promise.allSettled([
      migrate(at(source), at(target)),
      migrate(at(source), at(target)),
    ]);
    const outcomes = [first, second].map(({ status }) => status).sort();
    expect(outcomes).toEqual(['fulfilled', 'rejected']);
    const [refused] = [first, second].flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toBeInstanceOf(DatabaseLocked);
    expect(nativeRows(target, 'SELECT count(*) AS n FROM volumes')).toEqual([{ n: 55 }]);
  });
});

test('snapshots and connections without their volume are reported as not carried', async () => {
  await inFolder(async (source, target) => {
    const [{ id } = {}] = nativeRows(
      source,
      'SELECT volume_id AS id FROM volume_attachment WHERE volume_id IN (SELECT volume_id FROM snapshots) LIMIT 1',
    );
    const ids = (table: string) =>
      nativeRows(source, `SELECT id FROM ${table} WHERE volume_id = '${id}' ORDER BY id`).map((row) => row['id']);
    const [snapshots, connections] = [ids('snapshots'), ids('volume_attachment')];
    nativeSql(source, `DELETE FROM volumes WHERE id = '${id}'`);
    const report = await migrate(at(source), at(target));
    expect(report).toMatchObject({ volumes: 54, differences: [] });
    for (const [kind, lost] of [
      ['snapshot', snapshots],
      ['connection', connections],
    ]) {
      const entry = report.not_carried.find((each) => each.kind === kind);
      expect(entry).toMatchObject({ count: lost?.length, why: 'the volume is missing' });
      expect([...(entry?.ids ?? [])].sort()).toEqual(lost);
    }
  });
});

test('a missing volume type is reported, and its volumes are carried', async () => {
  await inFolder(async (source, target) => {
    const [{ id, type } = {}] = nativeRows(
      source,
      'SELECT v.id, t.id AS type FROM volumes v JOIN volume_types t ON t.id = v.volume_type_id WHERE t.id = v.id LIMIT 1',
    );
    nativeSql(source, `DELETE FROM volume_types WHERE id = '${type}'`);
    const report = await migrate(at(source), at(target));
    expect(report.not_carried).toContainEqual(
      expect.objectContaining({ kind: 'volume', field: 'volume_type', ids: [id] }),
    );
    expect(nativeRows(target, `SELECT volume_type_id AS type FROM volumes WHERE id = '${id}'`)).toEqual([{ type }]);
  });
});

test('a snapshot keeps a type that neither its volume nor any other has', async () => {
  await inFolder(async (source, target) => {
    const retyped = `INSERT INTO volume_types (id, name, deleted) VALUES ('earlier', 'silver', 0);
      UPDATE snapshots SET volume_type_id = 'earlier'`;
    nativeSql(source, retyped);
    expect((await migrate(at(source), at(target))).differences).toEqual([]);
    expect(nativeRows(target, 'SELECT DISTINCT volume_type_id AS type FROM snapshots')).toEqual([{ type: 'earlier' }]);
    // Nor is a second run, which finds the snapshots there, any different.
    expect((await migrate(at(source), at(target))).differences).toEqual([]);
  });
});

test('the target keeps its own default type, and extra specs that it lacks are reported', async () => {
  await inFolder(async (source, target) => {
    nativeSql(
      source,
      `INSERT INTO volume_type_extra_specs (deleted, volume_type_id, key, value)
       SELECT 0, id, 'tier', 'gold' FROM volume_types WHERE name = '__DEFAULT__'`,
    );
    const report = await migrate(at(source), at(target));
    expect(report.differences).toEqual([]);
    expect(report.not_carried).toContainEqual(
      expect.objectContaining({ kind: 'volume type', field: 'extra_specs', ids: ['__DEFAULT__'] }),
    );
  });
});

test('QoS specs of the default type that the target lacks are reported', async () => {
  await inFolder(async (source, target) => {
    nativeSql(
      source,
      `INSERT INTO quality_of_service_specs (deleted, id, key, value) VALUES (0, 'qos', 'QoS_Specs_Name', 'fast');
       INSERT INTO quality_of_service_specs (deleted, id, specs_id, key, value) VALUES (0, 'q1', 'qos', 'consumer', 'both');
       UPDATE volume_types SET qos_specs_id = 'qos' WHERE name = '__DEFAULT__'`,
    );
    const report = await migrate(at(source), at(target));
    expect(report.differences).toEqual([]);
    expect(report.not_carried).toContainEqual(
      expect.objectContaining({ kind: 'volume type', field: 'qos_specs', ids: ['__DEFAULT__'] }),
    );
  });
});

// A null `created_at` sorts last in listings, and a null `shared_targets` has a meaning of its own.
test('nulls in the source stay nulls in the target', async () => {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('shared.sqlite.gz', join(folder, 'source.sqlite'));
    const target = join(folder, 'target.sqlite');
    nativeSql(source, 'UPDATE snapshots SET created_at = NULL; UPDATE volume_attachment SET created_at = NULL');
    nativeSql(source, "UPDATE volume_types SET created_at = NULL WHERE name <> '__DEFAULT__'");
    nativeSql(source, 'UPDATE quality_of_service_specs SET created_at = NULL');
    expect((await migrate(at(source), at(target))).differences).toEqual([]);
    const times = 'created_at, updated_at';
    const queries = [
      `SELECT id, ${times}, bootable, multiattach, shared_targets, use_quota FROM volumes ORDER BY id`,
      `SELECT id, ${times} FROM snapshots ORDER BY id`,
      `SELECT id, ${times} FROM volume_attachment ORDER BY id`,
      `SELECT id, name, description, is_public, ${times} FROM volume_types
        WHERE name IS NULL OR name <> '__DEFAULT__' ORDER BY id`,
      "SELECT id, value, created_at FROM quality_of_service_specs WHERE key = 'QoS_Specs_Name' ORDER BY id",
    ];
    for (const query of queries) {
      const rows = nativeRows(source, query);
      expect(JSON.stringify(rows)).toContain('null');
      expect(nativeRows(target, query)).toEqual(rows);
    }
  });
});

test('QoS specs keep their names and times', async () => {
  await inFolder(async (source, target) => {
    const type = 'SELECT id FROM volume_types t WHERE id IN (SELECT volume_type_id FROM volumes) AND name = id LIMIT 1';
    nativeSql(
      source,
      `INSERT INTO quality_of_service_specs (created_at, deleted, id, key, value) VALUES ('2020-01-02 03:04:05.000006', 0, 'qos', 'QoS_Specs_Name', 'fast');
       INSERT INTO quality_of_service_specs (updated_at, deleted, id, specs_id, key, value) VALUES (NULL, 0, 'q1', 'qos', 'consumer', 'front-end');
       INSERT INTO quality_of_service_specs (updated_at, deleted, id, specs_id, key, value) VALUES ('2021-01-02 03:04:05.000006', 0, 'q2', 'qos', 'iops', '10');
       UPDATE volume_types SET qos_specs_id = 'qos' WHERE id = (${type})`,
    );
    const report = await migrate(at(source), at(target));
    expect(report.differences).toEqual([]);
    expect(nativeRows(target, "SELECT value, created_at FROM quality_of_service_specs WHERE id = 'qos'")).toEqual([
      { value: 'fast', created_at: '2020-01-02 03:04:05.000006' },
    ]);
  });
});

test('fields that a database cannot store are reported', async () => {
  const cl = await setup();
  const lvm = await cl.backend({ volume_backend_name: 'lvm', volume_driver: driver });
  const { id } = await lvm.createVolume(1, { glance_metadata: { image: 'x' } });
  const report = await migrate({ storage: cl.persistence }, { storage: 'memory_db' });
  expect(report.not_carried).toEqual([
    { kind: 'volume', field: 'glance_metadata', count: 1, ids: [id], why: 'a database has no place for it' },
  ]);
  await cl.close();
});

test('rows marked as deleted and rows of other tables are reported', async () => {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('softdel.sqlite', join(folder, 'source.sqlite'));
    nativeSql(source, "INSERT INTO clusters (deleted, id, name, binary, race_preventer) VALUES (0, 1, 'c', 'b', 1)");
    const { not_carried } = await migrate(at(source), { storage: 'memory_db' });
    const deleted = nativeRows(source, 'SELECT count(*) AS n FROM volumes WHERE deleted = 1')[0]?.['n'];
    expect(not_carried).toContainEqual(
      expect.objectContaining({ kind: 'volumes', count: deleted, why: 'rows that are marked as deleted' }),
    );
    expect(not_carried).toContainEqual(expect.objectContaining({ kind: 'clusters', count: 1 }));
  });
});

test('a live object is carried whatever its status, which is free text', async () => {
  await inFolder(async (source, target) => {
    nativeSql(source, "UPDATE volumes SET status = 'deleted'; UPDATE snapshots SET status = 'deleted'");
    expect(await migrate(at(source), at(target))).toMatchObject({ volumes: 55, snapshots: 35, differences: [] });
  });
});

test('a migration to the same storage is refused', async () => {
  await inFolder(async (source) => {
    await expect(migrate(at(source), at(source))).rejects.toBeInstanceOf(InvalidOption);
  });
});

test('a source that does not exist is an error, and is not created', async () => {
  await inTemporaryFolder(async (folder) => {
    const missing = join(folder, 'missing.sqlite');
    await expect(migrate(at(missing), { storage: 'memory_db' })).rejects.toMatchObject({ name: 'DatabaseUnavailable' });
    expect(existsSync(missing)).toBe(false);
  });
});

test('a database in memory is an empty source, and a URL with a mistake in it is reported', async () => {
  const from = (connection: string) => migrate({ storage: 'db', connection }, { storage: 'memory' });
  expect(await from('sqlite:///:memory:')).toMatchObject({ volumes: 0, key_values: 0 });
  for (const wrong of ['sqlite:', 'sqlite://:memory:', 'sqlite://?timeout=1']) {
    await expect(from(wrong), wrong).rejects.toMatchObject({ name: 'InvalidUrl' });
  }
});

test.each([
  [{ dry_runs: true }, 'Did you mean dry_run?'],
  [{ verify: 'yes' }, 'verify cannot be a string'],
  [{ on_progress: 1 }, 'on_progress cannot be 1'],
])('the options %j are refused', async (options, message) => {
  // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose.
  const migration = migrate({ storage: 'memory' }, { storage: 'memory' }, options as any);
  await expect(migration).rejects.toThrow(message);
});

test.each([
  [{}, ['writing', 'verifying'], 55 + 35 + 17 + 11],
  [{ dry_run: true }, ['reading'], 55 + 35 + 17 + 11],
  [{ key_values: false, verify: false }, ['writing'], 55 + 35 + 17 + 11],
])('progress reaches the total in each phase, with %j', async (options, phases, all) => {
  await inFolder(async (source, target) => {
    const seen = new Map<string, number[]>();
    await migrate(at(source), at(target), {
      ...options,
      on_progress({ phase, done, total }) {
        expect(total).toBe(all);
        seen.set(phase, [...(seen.get(phase) ?? []), done]);
      },
    });
    expect([...seen.keys()]).toEqual(phases);
    for (const counts of seen.values()) {
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      expect(counts.at(-1)).toBe(all);
    }
  });
});
