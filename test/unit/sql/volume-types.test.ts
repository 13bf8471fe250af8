/** The volume type that comes with a volume: its rows, those of its specs, and when they are deleted. */
import { beforeEach, describe, expect, test } from 'vitest';
import { DuplicateEntry, VolumeTypeUpdateFailed } from '../../../src/errors/index.ts';
import type { VolumeChange, VolumeTypeChange } from '../../../src/rpc/contract.ts';
import { getVolumes } from '../../../src/sql/read/volumes.ts';
import { CREATED, creation, LATER, openWriter, own, qos, update, type Writer, withType } from './writer.ts';

let writer: Writer;
beforeEach(async () => {
  writer = await openWriter();
});
const set = (change: VolumeChange) => writer.write({ kind: 'setVolume', change });
const typeOf = (id = 'v') => writer.row('volumes', id)?.['volume_type_id'];
const type = (id = 'v') => writer.row('volume_types', id);
const extraSpecs = () => writer.rows('SELECT * FROM volume_type_extra_specs ORDER BY rowid');
const qosRows = () => writer.rows('SELECT * FROM quality_of_service_specs ORDER BY rowid');
const qosPairs = () =>
  qosRows()
    .filter(({ specs_id, deleted }) => specs_id !== null && deleted === 0)
    .map(({ specs_id, key, value }) => [specs_id, key, value]);

describe('a volume with a type of its own', () => {
  test('stores linked rows for the type and its specs', async () => {
    const specs = {
      extra_specs: [
        ['x', '1'],
        ['none', null],
      ] as const,
      ...qos('v', [
        ['iops', '9'],
        ['burst', null],
      ]),
    };
    expect(await set(withType('v', specs))).toEqual({ volume_type_id: 'v' });
    expect(type()).toEqual({
      ...{ id: 'v', name: 'v', is_public: 1, qos_specs_id: 'v', description: null },
      ...{ created_at: CREATED, updated_at: null, deleted: 0, deleted_at: null },
    });
    expect(extraSpecs()).toMatchObject([
      { id: 1, volume_type_id: 'v', key: 'x', value: '1', created_at: CREATED, updated_at: null, deleted: 0 },
      { id: 2, volume_type_id: 'v', key: 'none', value: null },
    ]);
    expect(qosRows()).toMatchObject([
      { id: 'v', specs_id: null, key: 'QoS_Specs_Name', value: 'v', created_at: CREATED, deleted: 0 },
      { id: 'new 1', specs_id: 'v', key: 'consumer', value: 'back-end', created_at: CREATED },
      { id: 'new 2', specs_id: 'v', key: 'iops', value: '9' },
      { id: 'new 3', specs_id: 'v', key: 'burst', value: null },
    ]);
    const rows = await getVolumes(writer.engine, { volume_id: 'v' });
    expect(rows.volume_types.rows).toHaveLength(1);
    expect(rows.quality_of_service_specs.rows).toHaveLength(4);
    expect(writer.rows('PRAGMA foreign_key_check')).toEqual([]);
  });

  test('stores all fields of the type', async () => {
    const values = { id: 'v', name: 'gold', description: 'd', is_public: false, created_at: LATER, updated_at: LATER };
    await set(withType('v', { values: { ...values, deleted: true, deleted_at: LATER, qos_specs_id: 'nothing' } }));
    expect(type()).toMatchObject({ ...values, is_public: 0, deleted: 0, deleted_at: null, qos_specs_id: null });
  });

  test('may share a type, which is created if only its id is known', async () => {
    await set(creation('v', { volume_type_id: 't' }));
    await set(creation('w', { volume_type_id: 't' }));
    expect(writer.rows(`SELECT id, name, is_public FROM volume_types WHERE id = 't'`)).toEqual([
      { id: 't', name: 't', is_public: 1 },
    ]);
  });

  test('keeps its type when it is updated without one', async () => {
    await set(withType('v', { extra_specs: [['x', '1']] }));
    for (const values of [{ size: 2 }, { volume_type_id: null, size: 3 }, { volume_type_id: 'v' }]) {
      expect(await set(update('v', values))).toEqual({ volume_type_id: 'v' });
      expect(typeOf()).toBe('v');
    }
    expect(extraSpecs()).toHaveLength(1);
  });

  test('does not recreate the row of its type if the type id stays the same', async () => {
    await set(withType('v'));
    writer.rows(`DELETE FROM volume_types WHERE id = 'v'`);
    await set(update('v', { volume_type_id: 'v' }));
    expect(type()).toBeUndefined();
  });

  test('can get another type, which is created', async () => {
    await set(withType('v'));
    expect(await set({ ...update('v', { volume_type_id: 't' }), volume_type: own('t') })).toEqual({
      volume_type_id: 't',
    });
    expect(typeOf()).toBe('t');
    expect(type('t')).toMatchObject({ name: 't' });
    expect(type('v')).toMatchObject({ name: 'v', deleted: 0 });
  });

  test('can go back to the default type', async () => {
    await set(withType('v'));
    await set(update('v', { volume_type_id: writer.defaultTypeId }));
    expect(typeOf()).toBe(writer.defaultTypeId);
  });

  test('cannot use a type that is marked as deleted', async () => {
    await set(withType('v'));
    writer.rows(`UPDATE volume_types SET deleted = 1 WHERE id = 'v'`);
    await expect(set({ ...creation('w', { volume_type_id: 'v' }), volume_type: own('v') })).rejects.toBeInstanceOf(
      DuplicateEntry,
    );
  });
});

describe('the specs of a stored type', () => {
  beforeEach(async () => {
    await set(
      withType('v', {
        extra_specs: [
          ['a', '1'],
          ['b', '2'],
        ],
        ...qos('v', [
          ['iops', '9'],
          ['burst', '1'],
        ]),
      }),
    );
    writer.now = LATER;
  });

  test('are updated key by key', async () => {
    const specs = {
      extra_specs: [
        ['b', 'new'],
        ['c', '3'],
      ] as const,
      ...qos('v', [['iops', '10']], 'both'),
    };
    await set({ ...update('v', {}), volume_type: own('v', specs) });
    expect(extraSpecs()).toMatchObject([
      { key: 'a', value: '1', deleted: 1, deleted_at: LATER },
      { key: 'b', value: 'new', deleted: 0, created_at: CREATED, updated_at: LATER },
      { key: 'c', value: '3', deleted: 0, created_at: LATER, updated_at: null },
    ]);
    expect(qosPairs()).toEqual([
      ['v', 'consumer', 'both'],
      ['v', 'iops', '10'],
    ]);
    expect(qosRows().filter(({ specs_id }) => specs_id === null)).toHaveLength(1);
    expect(type()).toMatchObject({ qos_specs_id: 'v', updated_at: null });
  });

  test('stay if the change does not mention them', async () => {
    const before = writer.content();
    const values = { ...own('v').values, qos_specs_id: null };
    await set({ id: 'v', values: { id: 'v', volume_type_id: 'v' }, whole: true, volume_type: own('v', { values }) });
    expect(writer.content()).toBe(before);
  });

  test('saved unchanged change no byte', async () => {
    const specs = {
      extra_specs: [
        ['a', '1'],
        ['b', '2'],
      ] as const,
      ...qos('v', [
        ['iops', '9'],
        ['burst', '1'],
      ]),
    };
    const before = writer.content();
    await set({ id: 'v', values: { volume_type_id: 'v' }, whole: true, volume_type: own('v', specs) });
    expect(writer.content()).toBe(before);
  });

  test('are those of the type that the volume has, even if the change names another', async () => {
    await set({ ...update('v', {}), volume_type: own('stale', { extra_specs: [['a', '5']] }) });
    expect(extraSpecs()[0]).toMatchObject({ volume_type_id: 'v', key: 'a', value: '5' });
    expect(type('stale')).toBeUndefined();
  });

  test('keep the root that the type refers to', async () => {
    await set({ ...update('v', {}), volume_type: own('v', qos('another', [['iops', '11']])) });
    expect(qosPairs()).toEqual([
      ['v', 'consumer', 'back-end'],
      ['v', 'iops', '11'],
    ]);
    expect(type()).toMatchObject({ qos_specs_id: 'v' });
  });

  test('fail the whole change if the QoS specs are marked as deleted', async () => {
    writer.rows(`UPDATE quality_of_service_specs SET deleted = 1 WHERE id = 'v'`);
    const before = writer.content();
    const change = { ...update('v', { size: 9 }), volume_type: own('v', qos('v', [])) };
    await expect(set(change)).rejects.toBeInstanceOf(DuplicateEntry);
    expect(writer.content()).toBe(before);
  });

  test('never replace the consumer by a spec of that name', async () => {
    await set({ ...update('v', {}), volume_type: own('v', qos('v', [['consumer', 'me']], 'both')) });
    expect(qosPairs()).toEqual([['v', 'consumer', 'both']]);
  });
});

test('QoS specs that the original left unlinked are linked when they are saved', async () => {
  writer = await openWriter('specs.sqlite');
  const roots = writer.rows(`SELECT q.id FROM quality_of_service_specs AS q JOIN volumes AS v ON v.volume_type_id = q.id
    WHERE q.specs_id IS NULL AND v.deleted = 0`);
  const id = String(roots[0]?.['id']);
  expect(type(id)).toMatchObject({ qos_specs_id: null });
  await set({ ...update(id, {}), volume_type: own(id, qos(id, [['iops', '1']])) });
  expect(type(id)).toMatchObject({ qos_specs_id: id });
  const { quality_of_service_specs } = await getVolumes(writer.engine, { volume_id: id });
  expect(quality_of_service_specs.rows).toHaveLength(3);
});

describe('the default type', () => {
  const named = (changes: Partial<VolumeTypeChange> = {}): VolumeTypeChange => ({
    id: 'of another database',
    values: { id: 'of another database', name: '__DEFAULT__' },
    ...changes,
  });

  test('is recognised by its name, whatever its id in the source', async () => {
    const change = { ...creation('v', { volume_type_id: 'of another database' }), volume_type: named() };
    expect(await set(change)).toEqual({ volume_type_id: writer.defaultTypeId });
    expect(typeOf()).toBe(writer.defaultTypeId);
    expect(writer.rows('SELECT id FROM volume_types')).toEqual([{ id: writer.defaultTypeId }]);
    expect(await set({ ...change, values: { ...change.values, size: 2 } })).toEqual({
      volume_type_id: writer.defaultTypeId,
    });
  });

  test.each([{ extra_specs: [['a', '1']] as const }, qos('q', [['iops', '1']])])('refuses specs: %j', async (specs) => {
    const before = writer.content();
    const byName = { ...creation('v', { volume_type_id: 'x' }), volume_type: named(specs) };
    const byId = { ...creation('v', { volume_type_id: writer.defaultTypeId }), volume_type: own('v', specs) };
    for (const change of [byName, byId]) await expect(set(change)).rejects.toBeInstanceOf(VolumeTypeUpdateFailed);
    expect(writer.content()).toBe(before);
    await set(creation('v'));
    await expect(set({ ...update('v', {}), volume_type: named(specs) })).rejects.toBeInstanceOf(VolumeTypeUpdateFailed);
  });

  test('accepts a change with exactly the specs that it already has', async () => {
    const { defaultTypeId } = writer;
    writer.rows(`INSERT INTO volume_type_extra_specs (volume_type_id, "key", value, deleted) VALUES (?, 'a', '1', 0)`, [
      defaultTypeId,
    ]);
    writer.rows(
      `INSERT INTO quality_of_service_specs (id, "key", value, deleted) VALUES ('q', 'QoS_Specs_Name', 'q', 0)`,
    );
    writer.rows(`INSERT INTO quality_of_service_specs (id, specs_id, "key", value, deleted) VALUES
      ('q1', 'q', 'consumer', 'back-end', 0), ('q2', 'q', 'iops', '1', 0)`);
    writer.rows(`UPDATE volume_types SET qos_specs_id = 'q' WHERE id = ?`, [defaultTypeId]);
    const specs = { extra_specs: [['a', '1']] as const, ...qos('q', [['iops', '1']]) };
    expect(await set({ ...creation('v', { volume_type_id: defaultTypeId }), volume_type: named(specs) })).toEqual({
      volume_type_id: defaultTypeId,
    });
    const others = { extra_specs: [['a', '2']] as const };
    await expect(set({ ...update('v', {}), volume_type: named(others) })).rejects.toBeInstanceOf(
      VolumeTypeUpdateFailed,
    );
  });

  test('does not replace the own type of a volume on an update', async () => {
    await set(withType('v'));
    expect(await set({ ...update('v', { size: 1 }), volume_type: named() })).toEqual({ volume_type_id: 'v' });
  });
});
