/** A migration that is repeated: it finds what it stored before, and tells it from what was changed since. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Cinderlib,
  KeyValue,
  MigrationConflict,
  migrate,
  type PersistenceConfig,
  type Volume,
} from 'cinderlib-wasm';
import { expect, test, vi } from 'vitest';
import { NoteBook } from '../../examples/support/note-book.ts';
import { cli } from '../support/cli.ts';
import { copyGolden, goldenDatabases, goldenRevisions, inTemporaryFolder } from '../support/golden.ts';
import { nativeDump, nativeRows, nativeSql } from '../support/tables.ts';
import { using } from '../support/using.ts';

// Each test opens several databases, on machines that are busy with other work.
vi.setConfig({ testTimeout: 180_000 });

const at = (path: string): PersistenceConfig => ({ storage: 'db', connection: `sqlite:///${path}` });

const fake = { volume_backend_name: 'f', volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver' };

const held = ({ persistence }: Cinderlib): PersistenceConfig => ({ storage: persistence });

const files = [
  // The one with 5,000 volumes takes long, and has nothing that the others lack.
  ...goldenDatabases.map(({ file }) => file).filter((file) => !file.startsWith('many')),
  ...goldenRevisions.flatMap(({ file, opens, name }) => (opens && name !== 'legacy-135' ? [file] : [])),
  'odd.sqlite.gz',
  'shared.sqlite.gz',
];

test.each(files)('%s migrates again and again into every kind of storage', async (file) => {
  await inTemporaryFolder(async (folder) => {
    const source = { ...at(copyGolden(file, join(folder, 'source.sqlite'))), read_only: true };
    const targets: PersistenceConfig[] = [
      { storage: 'memory' },
      { storage: 'memory_db' },
      at(copyGolden(file, join(folder, 'copy of itself.sqlite'))),
      // Few of them: it reads all its notes to find one.
      ...(/^(?:errors|specs|orphans)/.test(file) ? [{ storage: new NoteBook() }] : []),
    ];
    await using([source, ...targets], async (from, ...contexts) => {
      for (const cl of contexts) {
        const run = async (dry_run: boolean): Promise<void> => {
          expect((await migrate(held(from), held(cl), { dry_run })).differences).toEqual([]);
        };
        await run(true);
        await run(false);
        const changes = cl.changes();
        await run(true);
        await run(false);
        // Nothing was stored again, so the first change is this one.
        await cl.persistence.setKeyValue(new KeyValue('the first', 'change'));
        expect((await changes.next()).value).toMatchObject({ id: 'the first' });
      }
    });
  });
});

test('a repeated migration reports what it updated, and no more', async () => {
  const configs = [{ storage: 'memory_db' }, { storage: 'memory_db' }];
  await using(configs, async (from, to) => {
    const backend = await from.backend(fake);
    const [, changed] = await Promise.all(['a', 'b', 'c'].map((name) => backend.createVolume(1, { name })));
    for (const key of ['k', 'l']) await from.persistence.setKeyValue(new KeyValue(key, 'v'));
    await migrate(held(from), held(to));
    if (changed === undefined) throw new Error('there is none');
    changed.display_name = 'renamed';
    await changed.save();
    await changed.createSnapshot({ name: 'new' });
    await from.persistence.setKeyValue(new KeyValue('m', 'v'));
    const changes = to.changes();
    await migrate(held(from), held(to));
    await to.persistence.setKeyValue(new KeyValue('the last', 'change'));
    const reported: string[] = [];
    for await (const { kind, id } of changes) {
      if (id === 'the last') break;
      reported.push(`${kind} ${kind === 'key_value' ? id : ''}`);
    }
    expect(reported).toEqual(['volume ', 'snapshot ', 'key_value m']);
  });
});

/** QoS specs of a type that a volume has, which the golden databases lack. */
const withQosSpecs = `
  INSERT INTO quality_of_service_specs (deleted, id, key, value) VALUES (0, 'qos', 'QoS_Specs_Name', 'fast');
  INSERT INTO quality_of_service_specs (deleted, id, specs_id, key, value) VALUES (0, 'q1', 'qos', 'consumer', 'both');
  UPDATE volume_types SET qos_specs_id = 'qos'
  WHERE id = (SELECT volume_type_id FROM volumes WHERE id = volume_type_id LIMIT 1)`;

const ofType = 'id = (SELECT volume_type_id FROM volumes WHERE id = volume_type_id LIMIT 1)';
const one = (table: string, where = '1') => `(SELECT id FROM ${table} WHERE ${where} AND deleted = 0 LIMIT 1)`;

/** Changes that leave no time behind, and the kind of the object that they change. */
const silent: readonly (readonly [kind: string, sql: string])[] = [
  ['volume', `UPDATE volumes SET size = 7, display_name = 'mine' WHERE id = ${one('volumes')}`],
  ['volume', `UPDATE volumes SET volume_type_id = ${one('volume_types', "name = '__DEFAULT__'")} WHERE ${ofType}`],
  ['volume', `UPDATE volume_metadata SET value = 'mine' WHERE id = ${one('volume_metadata')}`],
  ['volume', `DELETE FROM volume_metadata WHERE id = ${one('volume_metadata')}`],
  [
    'volume',
    `INSERT INTO volume_admin_metadata (deleted, volume_id, key, value) VALUES (0, ${one('volumes')}, 'my', 'own')`,
  ],
  ['snapshot', `UPDATE snapshots SET display_description = 'mine' WHERE id = ${one('snapshots')}`],
  [
    'snapshot',
    `INSERT INTO snapshot_metadata (deleted, snapshot_id, key, value) VALUES (0, ${one('snapshots')}, 'my', 'own')`,
  ],
  [
    'connection',
    `UPDATE volume_attachment SET connection_info = '{"conn": {}}' WHERE id = ${one('volume_attachment')}`,
  ],
  ['volume type', `UPDATE volume_types SET description = 'mine' WHERE ${ofType}`],
  [
    'volume type',
    `INSERT INTO volume_type_extra_specs (deleted, volume_type_id, key, value)
    SELECT 0, id, 'my', 'own' FROM volume_types WHERE ${ofType}`,
  ],
  [
    'volume type',
    `INSERT INTO quality_of_service_specs (deleted, id, specs_id, key, value) VALUES (0, 'own', 'qos', 'my', 'own')`,
  ],
];

test.each(silent)('a changed %s is not overwritten, though no time tells of the change: %s', async (kind, sql) => {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('rich.sqlite', join(folder, 'source.sqlite'));
    nativeSql(source, withQosSpecs);
    const target = join(folder, 'target.sqlite');
    copyFileSync(source, target);
    const before = nativeDump(target);
    nativeSql(target, sql);
    const changed = nativeDump(target);
    expect(changed).not.toBe(before);
    await using([{ ...at(source), read_only: true }, at(target)], async (from, cl) => {
      for (const dry_run of [true, false]) {
        const migrating = migrate(held(from), held(cl), { dry_run });
        await expect(migrating, String(dry_run)).rejects.toBeInstanceOf(MigrationConflict);
        await expect(migrating).rejects.toMatchObject({ kind });
      }
    });
    expect(nativeDump(target)).toBe(changed);
  });
});

test('of objects without any times, those that differ are not overwritten', async () => {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('rich.sqlite', join(folder, 'source.sqlite'));
    nativeSql(source, 'UPDATE volumes SET created_at = NULL, updated_at = NULL');
    const target = join(folder, 'target.sqlite');
    await using([at(source), at(target)], async (from, cl) => {
      await migrate(held(from), held(cl));
      expect((await migrate(held(from), held(cl))).differences).toEqual([]);
      const [volume] = await cl.persistence.getVolumes();
      if (volume === undefined) throw new Error('no volume');
      volume.name = 'mine';
      await volume.save();
      const found = { name: 'MigrationConflict', kind: 'volume', id: volume.id };
      await expect(migrate(held(from), held(cl))).rejects.toMatchObject(found);
    });
  });
});

test.each([
  ['memory', () => ({ storage: 'memory' })],
  ['a plugin', () => ({ storage: new NoteBook() })],
])('a change in %s, which records no times, is not overwritten', async (_, config) => {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('rich.sqlite', join(folder, 'source.sqlite'));
    await using([{ ...at(source), read_only: true }, config()], async (from, cl) => {
      await migrate(held(from), held(cl));
      const volumes = await cl.persistence.getVolumes();
      const rename = async (volume: Volume | undefined, name: string | null) => {
        if (volume === undefined) throw new Error('no volume');
        volume.name = name;
        await volume.save();
      };
      for (const volume of [volumes[0], volumes.find(({ updated_at }) => updated_at !== null)]) {
        const { name = null } = volume ?? {};
        await rename(volume, 'mine');
        const found = { name: 'MigrationConflict', kind: 'volume', id: volume?.id };
        for (const dry_run of [true, false]) {
          await expect(migrate(held(from), held(cl), { dry_run })).rejects.toMatchObject(found);
        }
        expect((await cl.persistence.getVolumes({ volume_id: volume?.id })).map((stored) => stored.name)).toEqual([
          'mine',
        ]);
        await rename(volume, name);
      }
      expect((await migrate(held(from), held(cl))).differences).toEqual([]);
    });
  });
});

test.each([
  ['memory', () => ({ storage: 'memory' })],
  ['memory_db', () => ({ storage: 'memory_db' })],
  ['a plugin', () => ({ storage: new NoteBook() })],
])('in %s, an object that is older than in the source is updated', async (_, config) => {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('rich.sqlite', join(folder, 'source.sqlite'));
    const [{ id = '' } = {}] = nativeRows(source, 'SELECT id FROM volumes WHERE updated_at IS NOT NULL LIMIT 1');
    await using([config()], async (cl) => {
      await migrate(at(source), held(cl));
      nativeSql(
        source,
        `UPDATE volumes SET display_name = 'new', updated_at = '2030-01-01 00:00:00' WHERE id = '${id}'`,
      );
      expect((await migrate(at(source), held(cl))).differences).toEqual([]);
      expect((await cl.persistence.getVolumes({ volume_id: String(id) })).map(({ name }) => name)).toEqual(['new']);
    });
  });
});

test.each(['rich', 'specs'])('what went round through other storages is the same: %s', async (name) => {
  await inTemporaryFolder(async (folder) => {
    const source = { ...at(copyGolden(`${name}.sqlite`, join(folder, 'source.sqlite'))), read_only: true };
    const plugin = { storage: name === 'specs' ? new NoteBook() : 'memory' };
    await using([source, { storage: 'memory' }, plugin, { storage: 'memory_db' }], async (from, ...others) => {
      // Each storage has its own type `__DEFAULT__`, and memory fills in the access mode of connections.
      for (const to of others) {
        for (const each of [from, ...others]) {
          if (each !== to) expect((await migrate(held(each), held(to))).differences).toEqual([]);
        }
      }
    });
  });
});

test('a dump is loaded again, but not over what was changed since', async () => {
  await inTemporaryFolder(async (folder) => {
    const dump = join(folder, 'dump.json');
    const target = join(folder, 'target.sqlite');
    await cli(['convert', copyGolden('rich.sqlite', join(folder, 'source.sqlite')), dump]);
    for (const _ of [1, 2]) expect(await cli(['load', dump, target])).toMatchObject({ code: 0 });
    const [{ id } = {}] = nativeRows(target, 'SELECT id FROM volumes LIMIT 1');
    nativeSql(target, `UPDATE volumes SET size = 7 WHERE id = '${id}'`);
    const { code, err } = await cli(['load', dump, target]);
    expect(code).toBe(1);
    expect(err).toContain(`volume "${id}"`);
    expect(nativeRows(target, `SELECT size FROM volumes WHERE id = '${id}'`)).toEqual([{ size: 7 }]);
  });
});

test('specs that changed with their volume are carried over, since no time in the type tells', async () => {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('rich.sqlite', join(folder, 'source.sqlite'));
    const target = join(folder, 'target.sqlite');
    copyFileSync(source, target);
    nativeSql(
      source,
      `UPDATE volume_type_extra_specs SET value = 'new';
       UPDATE volumes SET updated_at = '2040-01-01 00:00:00'
       WHERE volume_type_id IN (SELECT volume_type_id FROM volume_type_extra_specs)`,
    );
    await using([{ ...at(source), read_only: true }, at(target)], async (from, cl) => {
      for (const dry_run of [true, false]) {
        expect((await migrate(held(from), held(cl), { dry_run })).differences).toEqual([]);
      }
    });
    const query = `SELECT key, value FROM volume_type_extra_specs
      WHERE deleted = 0 AND volume_type_id IN (SELECT volume_type_id FROM volumes) ORDER BY id`;
    expect(nativeRows(target, query)[0]).toMatchObject({ value: 'new' });
    expect(nativeRows(target, query)).toEqual(nativeRows(source, query));
  });
});

test('QoS specs that changed with their volume are carried over, and with them the time of their change', async () => {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('rich.sqlite', join(folder, 'source.sqlite'));
    nativeSql(source, withQosSpecs);
    const target = join(folder, 'target.sqlite');
    copyFileSync(source, target);
    const columns = '(deleted, id, specs_id, key, value)';
    const changes = [
      "UPDATE quality_of_service_specs SET value = 'front-end' WHERE key = 'consumer'",
      `INSERT INTO quality_of_service_specs ${columns} VALUES (0, 'q2', 'qos', 'iops', '10')`,
      "DELETE FROM quality_of_service_specs WHERE key = 'iops'",
      // Nothing but the time.
      '',
    ];
    for (const [place, change] of changes.entries()) {
      const now = `SET updated_at = '${2040 + place}-01-01 00:00:00'`;
      nativeSql(source, `${change}; UPDATE volumes ${now} WHERE ${ofType}`);
      nativeSql(source, `UPDATE quality_of_service_specs ${now} WHERE key = 'consumer'`);
      await using([{ ...at(source), read_only: true }, at(target)], async (from, cl) => {
        for (const dry_run of [true, false]) {
          expect((await migrate(held(from), held(cl), { dry_run })).differences).toEqual([]);
        }
      });
      const query =
        "SELECT key, value FROM quality_of_service_specs WHERE specs_id = 'qos' AND deleted = 0 ORDER BY key";
      expect(nativeRows(target, query)).toEqual(nativeRows(source, query));
    }
  });
});
