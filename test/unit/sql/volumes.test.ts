/** What storing and deleting volumes does to the rows. */
import { beforeEach, describe, expect, test } from 'vitest';
import { DatabaseError, DuplicateEntry, VolumeNotFound } from '../../../src/errors/index.ts';
import type { RowChange, SqlValue, VolumeChange } from '../../../src/rpc/contract.ts';
import { CREATED, creation, LATER, openWriter, update, type Writer } from './writer.ts';

let writer: Writer;
beforeEach(async () => {
  writer = await openWriter();
});
const set = (change: VolumeChange) => writer.write({ kind: 'setVolume', change });
const volume = (id = 'v') => writer.row('volumes', id);
const metadata = (table = 'volume_metadata') => writer.rows(`SELECT * FROM ${table} ORDER BY rowid`);

describe('a new volume', () => {
  test('gets the defaults of the model for null and missing fields', async () => {
    await set(creation('v', { size: 1, shared_targets: null, use_quota: null, created_at: null, display_name: 'n' }));
    const row = volume();
    expect(row).toMatchObject({ size: 1, display_name: 'n', deleted: 0, bootable: 0, multiattach: 0 });
    expect(row).toMatchObject({ use_quota: 1, shared_targets: 1, created_at: CREATED, updated_at: null });
    expect(row).toMatchObject({ status: null, volume_type_id: writer.defaultTypeId });
  });

  test('keeps its times and flags', async () => {
    const values = { created_at: '2020-01-01 00:00:00.000000', updated_at: '2021-01-01 00:00:00.000000' };
    await set(creation('v', { ...values, bootable: true, use_quota: false, shared_targets: false }));
    expect(volume()).toMatchObject({ ...values, bootable: 1, use_quota: 0, shared_targets: 0 });
  });

  test('is answered with the id of its type', async () => {
    expect(await set(creation('v'))).toEqual({ volume_type_id: writer.defaultTypeId });
  });

  test('gets a row for each key of its metadata, in order', async () => {
    const pairs = (name: string) => [['b', name] as const, ['1', ''] as const, ['a', 'z'] as const];
    await set({ ...creation('v'), metadata: pairs('user'), admin_metadata: pairs('admin') });
    for (const [table, name] of Object.entries({ volume_metadata: 'user', volume_admin_metadata: 'admin' })) {
      const rows = metadata(table);
      expect(rows.map(({ id, key, value }) => [id, key, value])).toEqual([
        [1, 'b', name],
        [2, '1', ''],
        [3, 'a', 'z'],
      ]);
      expect(rows[0]).toMatchObject({ volume_id: 'v', created_at: CREATED, updated_at: null, deleted: 0 });
    }
  });

  test('is refused if it is marked as deleted', async () => {
    const before = writer.content();
    await expect(set(creation('v', { deleted: true }))).rejects.toBeInstanceOf(VolumeNotFound);
    expect(writer.content()).toBe(before);
  });

  test('is refused with a column that the table does not have', async () => {
    const evil = { 'size" = 1 --': 1 };
    await expect(set(creation('v', evil))).rejects.toBeInstanceOf(DatabaseError);
  });

  test('accepts integers of any size and any text', async () => {
    const display_name = `'; DROP TABLE volumes; -- "\u{1F600}`;
    await set(creation('v', { size: 2 ** 40, display_name }));
    expect(volume()).toMatchObject({ size: 2 ** 40, display_name });
  });
});

describe('a stored volume', () => {
  const values = { size: 1, display_name: 'n', scheduled_at: '2021-06-28 17:14:59.000000', bootable: true };
  beforeEach(async () => {
    await set({ ...creation('v', values), metadata: [['a', '1']] });
    writer.now = LATER;
  });

  test('gets the changed columns and the time of the update', async () => {
    await set(update('v', { size: 2, shared_targets: null }));
    expect(volume()).toMatchObject({ size: 2, display_name: 'n', shared_targets: null, updated_at: LATER });
  });

  test('gets the time of the update even if only metadata has changed', async () => {
    await set({ ...update('v', {}), metadata: [['a', '2']] });
    expect(volume()).toMatchObject({ updated_at: LATER });
  });

  test('keeps a time of update that is among the changes', async () => {
    await set(update('v', { size: 2, updated_at: '2020-01-01 00:00:00.000000' }));
    expect(volume()).toMatchObject({ updated_at: '2020-01-01 00:00:00.000000' });
  });

  test('is updated by a change that would create it', async () => {
    await set(creation('v', { size: 3 }));
    expect(volume()).toMatchObject({ size: 3, display_name: 'n', created_at: CREATED, updated_at: LATER });
    expect(metadata()).toHaveLength(1);
  });

  test('never gets NULL where newer revisions forbid it', async () => {
    await set(update('v', { use_quota: false }));
    await set(update('v', { use_quota: null }));
    expect(volume()).toMatchObject({ use_quota: 1 });
  });

  describe('saved as a whole', () => {
    const whole = (changed: RowChange['values'] = {}): RowChange => ({
      id: 'v',
      values: { ...asObject(volume() ?? {}), ...changed },
      whole: true,
    });
    /** The values that an object made from the row has. */
    const asObject = (row: Record<string, SqlValue>): Record<string, SqlValue> => ({
      ...row,
      size: row['size'] ?? 0,
      deleted: Boolean(row['deleted']),
      bootable: Boolean(row['bootable']),
      multiattach: Boolean(row['multiattach']),
      use_quota: Boolean(row['use_quota']),
      shared_targets: Boolean(row['shared_targets']),
    });

    test('changes no byte if it is unchanged', async () => {
      const before = writer.content();
      await set({ ...whole(), metadata: [['a', '1']], admin_metadata: [] });
      expect(writer.content()).toBe(before);
    });

    test.each([
      ['a size of NULL, which reads as 0', `UPDATE volumes SET size = NULL`],
      ['a time without its fraction', `UPDATE volumes SET scheduled_at = '2021-06-28 17:14:59'`],
      ['a time with a shorter fraction', `UPDATE volumes SET scheduled_at = '2021-06-28 17:14:59.00'`],
      ['a true value other than 1', `UPDATE volumes SET bootable = 7`],
    ])('changes no byte for %s', async (_, sql) => {
      const change = whole(sql.includes('size') ? { size: 0 } : {});
      writer.rows(sql);
      const before = writer.content();
      await set(change);
      expect(writer.content()).toBe(before);
    });

    test('changes no byte for nulls where the row has defaults', async () => {
      const before = writer.content();
      await set(whole({ shared_targets: null, use_quota: null, created_at: null }));
      expect(writer.content()).toBe(before);
    });

    test('writes only the columns that differ', async () => {
      const { updated_at: _, ...values } = whole({ display_name: 'other' }).values;
      await set({ id: 'v', values, whole: true });
      expect(writer.engine.statements.filter((sql) => sql.startsWith('UPDATE volumes'))).toEqual([
        'UPDATE volumes SET "display_name" = ?, "updated_at" = ? WHERE id = ?',
      ]);
      expect(volume()).toMatchObject({ display_name: 'other', updated_at: LATER });
    });

    test('keeps the later of two times of update', async () => {
      await set(update('v', { size: 2 }));
      await set(whole({ updated_at: null }));
      await set(whole({ updated_at: CREATED }));
      expect(volume()).toMatchObject({ updated_at: LATER });
      await set(whole({ updated_at: '2025-01-01 00:00:00.000000' }));
      expect(volume()).toMatchObject({ updated_at: '2025-01-01 00:00:00.000000' });
      await set(whole({ updated_at: CREATED, size: 5 }));
      expect(volume()).toMatchObject({ updated_at: CREATED, size: 5 });
    });
  });

  test('gets its metadata row by row', async () => {
    await set({
      ...update('v', {}),
      metadata: [
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ],
    });
    writer.now = '2024-01-03 00:00:00.000003';
    await set({
      ...update('v', {}),
      metadata: [
        ['c', 'new'],
        ['a', '1'],
      ],
    });
    expect(metadata()).toMatchObject([
      { key: 'a', value: '1', created_at: CREATED, updated_at: null, deleted: 0 },
      { key: 'b', value: '2', updated_at: writer.now, deleted: 1, deleted_at: writer.now },
      { key: 'c', value: 'new', created_at: LATER, updated_at: writer.now, deleted: 0, deleted_at: null },
    ]);
    await set({ ...update('v', {}), metadata: [['b', '2']] });
    const live = metadata().filter(({ deleted }) => deleted === 0);
    expect(live).toMatchObject([{ id: 4, key: 'b', created_at: writer.now }]);
  });
});

describe('changing a missing volume', () => {
  test('is refused, and stores nothing', async () => {
    const before = writer.content();
    const change = { ...update('v', { size: 1 }), metadata: [['a', '1']] as const };
    await expect(set(change)).rejects.toEqual(new VolumeNotFound('v'));
    expect(writer.content()).toBe(before);
  });

  test('is refused even if a deleted row exists, whose id is not reused', async () => {
    await set(creation('v'));
    writer.softDeletes = true;
    await writer.write({ kind: 'deleteVolume', id: 'v' });
    const before = writer.content();
    await expect(set(update('v', { size: 1 }))).rejects.toBeInstanceOf(VolumeNotFound);
    await expect(set(creation('v', { size: 1 }))).rejects.toBeInstanceOf(DuplicateEntry);
    expect(writer.content()).toBe(before);
  });
});

describe('deleting a volume', () => {
  const related = [
    `INSERT INTO volume_metadata (volume_id, "key", deleted) VALUES ('v', 'gone', 1)`,
    `INSERT INTO volume_admin_metadata (volume_id, "key", deleted) VALUES ('v', 'x', 0)`,
    `INSERT INTO volume_glance_metadata (volume_id, "key", deleted) VALUES ('v', 'x', 0)`,
    `INSERT INTO snapshots (id, volume_id, volume_type_id, status, deleted) VALUES ('s', 'v', 't', 'available', 0)`,
    `INSERT INTO snapshot_metadata (snapshot_id, "key", deleted) VALUES ('s', 'x', 0)`,
    `INSERT INTO volume_glance_metadata (snapshot_id, "key", deleted) VALUES ('s', 'x', 0)`,
    `INSERT INTO volume_attachment (id, volume_id, attach_status, deleted) VALUES ('c', 'v', 'attached', 0)`,
    `INSERT INTO attachment_specs (attachment_id, "key", deleted) VALUES ('c', 'x', 0)`,
    `INSERT INTO transfers (id, volume_id, deleted) VALUES ('t', 'v', 0)`,
  ];
  const tables = related.map((sql) => sql.split(' ')[2] ?? '');
  beforeEach(async () => {
    await set({ ...creation('other', { status: 'available' }), metadata: [['a', '1']] });
    await set({ ...creation('v', { status: 'available', migration_status: 'm' }), metadata: [['a', '1']] });
    for (const sql of related) writer.rows(sql);
    writer.now = LATER;
  });

  test('deletes the volume and everything that refers to it, whatever its state', async () => {
    await writer.write({ kind: 'deleteVolume', id: 'v' });
    expect(writer.rows('SELECT id FROM volumes')).toEqual([{ id: 'other' }]);
    expect(metadata()).toMatchObject([{ volume_id: 'other' }]);
    for (const table of tables.slice(1)) expect(writer.rows(`SELECT * FROM ${table}`), table).toEqual([]);
  });

  test('marks the same rows as Cinder, at the same instant, if deletes are soft', async () => {
    writer.softDeletes = true;
    await writer.write({ kind: 'deleteVolume', id: 'v' });
    const marked = { deleted: 1, deleted_at: LATER, updated_at: null };
    expect(volume()).toMatchObject({ ...marked, status: 'deleted', migration_status: null });
    expect(volume('other')).toMatchObject({ deleted: 0, status: 'available' });
    expect(metadata().map(({ volume_id, deleted, deleted_at }) => [volume_id, deleted, deleted_at])).toEqual([
      ['other', 0, null],
      ['v', 1, LATER],
      ['v', 1, null],
    ]);
    expect(writer.row('snapshots', 's')).toMatchObject({ ...marked, status: 'available' });
    expect(writer.row('volume_attachment', 'c')).toMatchObject({ ...marked, attach_status: 'attached' });
    expect(writer.row('transfers', 't')).toMatchObject(marked);
    expect(metadata('volume_admin_metadata')).toMatchObject([marked]);
    expect(metadata('volume_glance_metadata')).toMatchObject([marked, { deleted: 0 }]);
    expect(metadata('snapshot_metadata')).toMatchObject([{ deleted: 0 }]);
  });

  test.each([true, false])('changes nothing if it is missing or already marked as deleted (soft: %s)', async (soft) => {
    writer.rows(`UPDATE volumes SET deleted = 1 WHERE id = 'v'`);
    writer.softDeletes = soft;
    const before = writer.content();
    expect(await writer.write({ kind: 'deleteVolume', id: 'v' })).toBeNull();
    expect(await writer.write({ kind: 'deleteVolume', id: 'nobody' })).toBeNull();
    expect(writer.content()).toBe(before);
  });
});
