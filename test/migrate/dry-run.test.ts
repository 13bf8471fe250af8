/** A dry run announces what the real run does, whatever both sides hold, and changes nothing. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrate, type PersistenceConfig } from 'cinderlib-wasm';
import { expect, test, vi } from 'vitest';
import { NoteBook } from '../../examples/support/note-book.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { expectTheRule, rehearsed } from '../support/rehearsed.ts';
import { rounds, timeFor } from '../support/rounds.ts';
import { nativeSql } from '../support/tables.ts';
import { using } from '../support/using.ts';

const pairs = rounds(40);
vi.setConfig({ testTimeout: timeFor(pairs, 20) });

const fakeDriver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
const at = (path: string): PersistenceConfig => ({ storage: 'db', connection: `sqlite:///${path}` });

const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

test.each([
  ['a database', 'memory_db', true],
  ['memory', 'memory', false],
  ['a plugin', NoteBook, false],
])('into %s, only what is older is overwritten, as the dry run says', async (_, storage, recordsTimes) => {
  await using([{ storage }], async (cl) => {
    await expectTheRule(cl.persistence, recordsTimes, pairs);
  });
});

const wholeSeconds = ['volumes', 'snapshots', 'volume_attachment', 'volume_types']
  .map((table) => `UPDATE ${table} SET created_at = substr(created_at, 1, 19), updated_at = substr(updated_at, 1, 19);`)
  .join('');
const connector = (json: string): string => `UPDATE volume_attachment SET connector = '${json}'`;

/** Gives a volume that has snapshots a new type, and its snapshots too, but no time to them. */
const retyped = `
  INSERT INTO volume_types (id, name, created_at, deleted) VALUES ('new', 'new', '2039-01-01 00:00:00', 0);
  UPDATE volumes SET volume_type_id = 'new', updated_at = '2040-01-01 00:00:00'
  WHERE id = (SELECT volume_id FROM snapshots WHERE deleted = 0 ORDER BY id LIMIT 1);
  UPDATE snapshots SET volume_type_id = 'new' WHERE volume_id = (SELECT id FROM volumes WHERE volume_type_id = 'new')`;

/** Two types that share QoS specs. The volume of the second one comes later among the volumes. */
const [one, two] = ['7d74dd57-a166-4c43-b927-468477b6f56b', 'e77bda8f-a767-42ec-a7ba-33353304438f'];
const shared = `
  INSERT INTO quality_of_service_specs (id, specs_id, key, value, created_at, deleted) VALUES
    ('shared', NULL, 'QoS_Specs_Name', 'shared', '2024-01-01 00:00:00', 0),
    ('consumer', 'shared', 'consumer', 'back-end', '2024-01-01 00:00:00', 0),
    ('iops', 'shared', 'maxIOPS', '5', '2024-01-01 00:00:00', 0);
  UPDATE volume_types SET qos_specs_id = 'shared' WHERE id IN ('${one}', '${two}');`;
const changedSpecs = "UPDATE quality_of_service_specs SET value = '7' WHERE id = 'iops';";
const saved = (type: string | undefined): string =>
  `UPDATE volumes SET updated_at = '2040-01-01 00:00:00' WHERE volume_type_id = '${type}'`;

/** What a migration ends with after changes of the source, and of the target, which was a copy of it. */
const changes: readonly (readonly [what: string, ends: string, source: string, target: string])[] = [
  ['another value of a key', 'MigrationConflict', '', "UPDATE cinderlib_persistence_key_value SET value = 'mine'"],
  ['volumes that are marked as deleted', 'DuplicateEntry', '', 'UPDATE volumes SET deleted = 1'],
  ['connections of other volumes', 'MigrationConflict', '', "UPDATE volume_attachment SET volume_id = 'gone'"],
  [
    'changed types of volumes that are gone',
    'MigrationConflict',
    '',
    "DELETE FROM volumes; UPDATE volume_types SET description = 'mine' WHERE name <> '__DEFAULT__'",
  ],
  ['snapshots whose volume has got a new type', 'MigrationConflict', retyped, ''],
  [
    'JSON in another order',
    'report',
    connector('{"a": 1, "b": {"c": [], "d": 2}}'),
    connector('{"b": {"d": 2, "c": []}, "a": 1}'),
  ],
  ['other JSON', 'MigrationConflict', connector('{"a": 9007199254740992}'), connector('{"a": 9007199254740993}')],
  ['times whose fraction was lost on the way here', 'report', '', wholeSeconds],
  ['times whose fraction was lost elsewhere', 'report', wholeSeconds, ''],
  ['QoS specs of two types, saved with the first', 'report', shared + changedSpecs + saved(one), shared],
  ['QoS specs of two types, saved with the second', 'MigrationConflict', shared + changedSpecs + saved(two), shared],
  ['a time of a change that lost its fraction', 'report', wholeSeconds.replaceAll(/created_at = .*?\), /g, ''), ''],
];

test.each(changes)('a dry run foresees what the real run does about %s: %s', async (_, ends, source, target) => {
  await inTemporaryFolder(async (folder) => {
    const [from, to] = [join(folder, 'from.sqlite'), join(folder, 'to.sqlite')];
    nativeSql(copyGolden('rich.sqlite', from), source);
    nativeSql(copyGolden('rich.sqlite', to), target);
    await using([{ ...at(from), read_only: true }, at(to)], async (one, other) => {
      const outcome = await rehearsed(one.persistence, other.persistence, '', async () => digest(to));
      const expected = ends === 'report' ? { report: { differences: [] } } : { refused: ends };
      expect(outcome).toMatchObject(expected);
    });
  });
});

test('a dry run names what the target cannot store', async () => {
  await using([{ storage: 'memory' }, { storage: 'memory_db' }], async (from, to) => {
    const lvm = await from.backend({ volume_backend_name: 'lvm', volume_driver: fakeDriver });
    await lvm.createVolume(1, { name: 'half a pair \ud800' });
    expect(await rehearsed(from.persistence, to.persistence)).toMatchObject({ refused: 'ValueError' });
  });
});

test('a dry run finds that two volumes bring QoS specs with the same id and other contents', async () => {
  await using([{ storage: 'memory' }, { storage: 'memory_db' }], async (from, to) => {
    const lvm = await from.backend({ volume_backend_name: 'lvm', volume_driver: fakeDriver });
    const id = '00000000-0000-4000-8000-000000000001';
    for (const maxIOPS of ['1', '2']) {
      const volume = await lvm.createVolume(1, { qos_specs: { maxIOPS } });
      volume.volume_type?.ovo.child('qos_specs')?.set('id', id);
    }
    expect(await rehearsed(from.persistence, to.persistence)).toMatchObject({ refused: 'MigrationConflict' });
  });
});

test('a dry run into a new or empty file creates nothing, and reports what a database has no place for', async () => {
  await inTemporaryFolder(async (folder) => {
    await using([{ storage: 'memory' }], async (from) => {
      const lvm = await from.backend({ volume_backend_name: 'lvm', volume_driver: fakeDriver });
      await lvm.createVolume(1, { glance_metadata: { image: 'x' } });
      writeFileSync(join(folder, 'empty.sqlite'), '');
      for (const name of ['new.sqlite', 'empty.sqlite']) {
        const target = join(folder, name);
        const announced = await migrate({ storage: from.persistence }, at(target), { dry_run: true });
        expect(existsSync(target) && readFileSync(target).length).toBe(name === 'new.sqlite' ? false : 0);
        expect(announced.not_carried).toMatchObject([{ kind: 'volume', field: 'glance_metadata' }]);
        expect(await migrate({ storage: from.persistence }, at(target))).toEqual(announced);
      }
    });
  });
});

test('a dry run into a file that lacks the table of key-values leaves it so', async () => {
  await inTemporaryFolder(async (folder) => {
    const source = at(copyGolden('rich.sqlite', join(folder, 'source.sqlite')));
    const target = copyGolden('empty.sqlite', join(folder, 'target.sqlite'));
    nativeSql(target, 'DROP TABLE cinderlib_persistence_key_value');
    const before = digest(target);
    const announced = await migrate(source, at(target), { dry_run: true });
    expect(digest(target)).toBe(before);
    expect(announced).toMatchObject({ volumes: 55, key_values: 11 });
    expect(await migrate(source, at(target))).toEqual(announced);
  });
});

test.each(['mysql', 'postgresql'])('a dry run into a %s server that is not there fails', async (scheme) => {
  await inTemporaryFolder(async (folder) => {
    const place = scheme === 'mysql' ? `unix_socket=${folder}/none` : `host=${folder}`;
    const to = { storage: 'db', connection: `${scheme}://user@/cinder?${place}`, busy_timeout: 0 };
    const migrating = migrate({ storage: 'memory' }, to, { dry_run: true });
    await expect(migrating).rejects.toMatchObject({ name: 'DatabaseUnavailable' });
  });
});

test('a dry run into a database that `from` is to create creates none, and refuses one that exists', async () => {
  await inTemporaryFolder(async (folder) => {
    const [source, other] = [
      copyGolden('rich.sqlite', join(folder, 'source.sqlite')),
      copyGolden('one.sqlite', join(folder, 'one')),
    ];
    const target = join(folder, 'new.sqlite');
    const into: PersistenceConfig = { ...at(target), from: readFileSync(other) };
    const dry = await migrate(at(source), into, { dry_run: true });
    expect(existsSync(target)).toBe(false);
    const ran = await migrate(at(source), into);
    expect({ ...dry, differences: [] }).toEqual(ran);
    const before = digest(target);
    for (const dry_run of [true, false]) {
      await expect(migrate(at(source), into, { dry_run })).rejects.toMatchObject({ name: 'DatabaseExists' });
    }
    expect(digest(target)).toBe(before);
  });
});
