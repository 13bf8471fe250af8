/** What storing and deleting snapshots, connections and key-values does to the rows. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ConnectionNotFound, DuplicateEntry, SnapshotNotFound } from '../../../src/errors/index.ts';
import type { RowChange, SnapshotChange } from '../../../src/rpc/contract.ts';
import { getKeyValues } from '../../../src/sql/key-values.ts';
import { CREATED, creation, LATER, openWriter, update, type Writer } from './writer.ts';

let writer: Writer;
beforeEach(async () => {
  writer = await openWriter();
  await writer.write({ kind: 'setVolume', change: creation('v', { volume_type_id: 't' }) });
});

describe('a snapshot', () => {
  const set = (change: SnapshotChange) => writer.write({ kind: 'setSnapshot', change });
  const snapshot = () => writer.row('snapshots', 's');
  const metadata = () => writer.rows('SELECT * FROM snapshot_metadata ORDER BY rowid');

  test('gets the defaults of the model, and a row for each key of its metadata', async () => {
    const change = creation('s', { volume_id: 'v', use_quota: null, progress: 'backend', volume_type_id: 't' });
    expect(
      await set({
        ...change,
        metadata: [
          ['2', 'x'],
          ['1', 'y'],
        ],
      }),
    ).toEqual({ volume_type_id: 't' });
    expect(snapshot()).toMatchObject({ use_quota: 1, deleted: 0, created_at: CREATED, progress: 'backend' });
    expect(metadata()).toMatchObject([
      { snapshot_id: 's', key: '2', value: 'x', created_at: CREATED, updated_at: null, deleted: 0 },
      { key: '1', value: 'y' },
    ]);
  });

  test('without a type gets that of its volume, or the default type without a volume', async () => {
    expect(await set(creation('s', { volume_id: 'v', volume_type_id: null }))).toEqual({ volume_type_id: 't' });
    expect(await set(creation('s2', { volume_id: 'nobody' }))).toEqual({ volume_type_id: writer.defaultTypeId });
    expect(snapshot()).toMatchObject({ volume_type_id: 't' });
  });

  test('with an unknown type gets that of its volume', async () => {
    expect(await set(creation('s', { volume_id: 'v', volume_type_id: 'of another database' }))).toEqual({
      volume_type_id: 't',
    });
    const lonely = creation('s2', { volume_id: 'nobody', volume_type_id: 'of another database' });
    expect(await set(lonely)).toEqual({ volume_type_id: 'of another database' });
  });

  test('keeps its type on updates', async () => {
    await set(creation('s', { volume_id: 'v', volume_type_id: 't' }));
    writer.rows(`UPDATE volumes SET volume_type_id = 'x'`);
    writer.rows(`DELETE FROM volume_types WHERE id = 't'`);
    for (const values of [{ status: 'error' }, { volume_type_id: null }, { volume_type_id: 't' }]) {
      expect(await set(update('s', values))).toEqual({ volume_type_id: 't' });
      expect(snapshot()).toMatchObject({ volume_type_id: 't' });
    }
  });

  test('accepts changes of its metadata, unlike the original', async () => {
    await set({
      ...creation('s', { volume_id: 'v' }),
      metadata: [
        ['a', '1'],
        ['b', '2'],
      ],
    });
    writer.now = LATER;
    await set({
      ...update('s', { display_name: 'n' }),
      metadata: [
        ['b', '3'],
        ['c', '4'],
      ],
    });
    expect(snapshot()).toMatchObject({ display_name: 'n', updated_at: LATER });
    expect(metadata()).toMatchObject([
      { key: 'a', deleted: 1, deleted_at: LATER, updated_at: LATER },
      { key: 'b', value: '3', deleted: 0, updated_at: LATER },
      { key: 'c', value: '4', created_at: LATER },
    ]);
  });

  test('saved unchanged as a whole changes no byte', async () => {
    await set({ ...creation('s', { volume_id: 'v' }), metadata: [['a', '1']] });
    const { scheduled_at: _, ...row } = snapshot() ?? {};
    const before = writer.content();
    await set({ id: 's', values: { ...row, volume_size: 0 }, whole: true, metadata: [['a', '1']] });
    expect(writer.content()).toBe(before);
  });

  test('that does not exist or is marked as deleted is refused', async () => {
    await expect(set(update('s', { status: 'x' }))).rejects.toEqual(new SnapshotNotFound('s'));
    await expect(set(creation('s', { volume_id: 'v', deleted: true }))).rejects.toBeInstanceOf(SnapshotNotFound);
    writer.softDeletes = true;
    await set(creation('s', { volume_id: 'v' }));
    await writer.write({ kind: 'deleteSnapshot', id: 's' });
    await expect(set(creation('s', { volume_id: 'v' }))).rejects.toBeInstanceOf(DuplicateEntry);
  });

  test.each([true, false])('is deleted with its metadata (soft: %s)', async (soft) => {
    await set({ ...creation('s', { volume_id: 'v', status: 'available' }), metadata: [['a', '1']] });
    await set({ ...update('s', {}), metadata: [] });
    await set({ ...update('s', {}), metadata: [['b', '1']] });
    writer.now = LATER;
    writer.softDeletes = soft;
    await writer.write({ kind: 'deleteSnapshot', id: 's' });
    const marked = { deleted: 1, deleted_at: LATER };
    expect([snapshot()]).toMatchObject(soft ? [{ ...marked, status: 'deleted', updated_at: CREATED }] : [undefined]);
    expect(metadata()).toMatchObject(
      soft
        ? [
            { deleted: 1, deleted_at: CREATED },
            { ...marked, updated_at: null },
          ]
        : [],
    );
    const before = writer.content();
    await writer.write({ kind: 'deleteSnapshot', id: 's' });
    expect(writer.content()).toBe(before);
  });
});

describe('a connection', () => {
  const set = (change: RowChange) => writer.write({ kind: 'setConnection', change });
  const connection = () => writer.row('volume_attachment', 'c');
  const connection_info = '{"conn": {"data": {}}, "connector": {"host": "h"}}';

  test('is stored and updated', async () => {
    await set(creation('c', { volume_id: 'v', connection_info, attach_status: null }));
    expect(connection()).toMatchObject({ volume_id: 'v', connection_info, attach_status: null, connector: null });
    expect(connection()).toMatchObject({ deleted: 0, created_at: CREATED, updated_at: null });
    writer.now = LATER;
    await set(update('c', { mountpoint: '/dev/x' }));
    expect(connection()).toMatchObject({ mountpoint: '/dev/x', connection_info, updated_at: LATER });
  });

  test('saved unchanged as a whole changes no byte, and its JSON is compared as text', async () => {
    await set(creation('c', { volume_id: 'v', connection_info }));
    const before = writer.content();
    const whole = { id: 'c', values: connection() ?? {}, whole: true };
    await set(whole);
    expect(writer.content()).toBe(before);
    await set({ ...whole, values: { ...whole.values, connection_info: '{}' } });
    expect(connection()).toMatchObject({ connection_info: '{}' });
  });

  test('that does not exist or is marked as deleted is refused', async () => {
    await expect(set(update('c', { mountpoint: 'x' }))).rejects.toEqual(new ConnectionNotFound('c'));
    await expect(set(creation('c', { volume_id: 'v', deleted: true }))).rejects.toBeInstanceOf(ConnectionNotFound);
    writer.softDeletes = true;
    await set(creation('c', { volume_id: 'v' }));
    await writer.write({ kind: 'deleteConnection', id: 'c' });
    await expect(set(creation('c', { volume_id: 'v' }))).rejects.toBeInstanceOf(DuplicateEntry);
  });

  test.each([true, false])('is deleted with its specs (soft: %s)', async (soft) => {
    await set(creation('c', { volume_id: 'v', connection_info, attach_status: 'attached' }));
    writer.rows(`INSERT INTO attachment_specs (attachment_id, "key", deleted) VALUES ('c', 'x', 0)`);
    writer.now = LATER;
    writer.softDeletes = soft;
    await writer.write({ kind: 'deleteConnection', id: 'c' });
    const marked = { deleted: 1, deleted_at: LATER, updated_at: null };
    const row = { ...marked, attach_status: 'deleted', connection_info };
    expect([connection()]).toMatchObject([soft ? row : undefined]);
    expect(writer.rows('SELECT * FROM attachment_specs')).toMatchObject(soft ? [marked] : []);
    const before = writer.content();
    await writer.write({ kind: 'deleteConnection', id: 'c' });
    expect(writer.content()).toBe(before);
  });
});

describe('a key-value', () => {
  const set = (key: string, value: string | null) => writer.write({ kind: 'setKeyValue', key, value });
  const list = () => getKeyValues(writer.engine, null);

  test('keeps its place if its value changes', async () => {
    await set('b', '1');
    await set('a', null);
    await set('b', '2');
    expect(await list()).toEqual([
      { key: 'b', value: '2' },
      { key: 'a', value: null },
    ]);
  });

  test('set to the same value changes no byte', async () => {
    await set('', '');
    await set('n', null);
    const before = writer.content();
    await set('', '');
    await set('n', null);
    expect(writer.content()).toBe(before);
  });

  test('is deleted by its exact key', async () => {
    for (const key of ['', 'k', 'K']) await set(key, key);
    await writer.write({ kind: 'deleteKeyValue', key: 'k' });
    await writer.write({ kind: 'deleteKeyValue', key: 'nobody' });
    expect(await list()).toEqual([
      { key: '', value: '' },
      { key: 'K', value: 'K' },
    ]);
  });
});
