/** Stores and deletes volumes. */
import { VolumeNotFound } from '../../errors/index.ts';
import type { SqlValue, StoredType, VolumeChange } from '../../rpc/contract.ts';
import { type Condition, equals } from '../condition.ts';
import type { SqlConnection } from '../engine.ts';
import { isLive, lockRow, markDeleted, type Row, removeRows, updateRow } from '../rows.ts';
import { volumeAdminMetadata, volumeMetadata, volumes } from '../schema/columns.ts';
import { insertRows, type NewRow, rowAbout } from './many-rows.ts';
import { deleteOwnType } from './own-type.ts';
import { createPairs, storePairs } from './pairs.ts';
import { isCreation, newRow, type ObjectRules, overwriteCheckOf, storeRow } from './row-change.ts';
import { storeVolumeType, withoutOtherDefault } from './volume-types.ts';
import type { WriteContext } from './write-context.ts';

const rules: ObjectRules = {
  table: volumes,
  defaults: { bootable: false, multiattach: false, use_quota: true, shared_targets: true },
  notFound: (id) => new VolumeNotFound(id),
};

export async function setVolume(
  connection: SqlConnection,
  change: VolumeChange,
  context: WriteContext,
): Promise<StoredType> {
  const { id, metadata, admin_metadata } = change;
  const row = await lockRow(connection, volumes, id);
  const stored = isCreation(rules, change, row) ? null : row;
  const check = overwriteCheckOf(rules.table, change, stored);
  const volume_type_id = await storeVolumeType(connection, change, stored, context, check);
  const named = stored === null || Object.hasOwn(change.values, 'volume_type_id');
  const values = named ? { ...change.values, volume_type_id } : change.values;
  const known = change.guarded ? await withoutOtherDefault(connection, stored, volume_type_id, context) : stored;
  await storeRow(connection, rules, { ...change, values }, known, context, check);
  if (metadata !== undefined) await storePairs(connection, volumeMetadata, id, new Map(metadata), context, check);
  if (admin_metadata !== undefined) {
    await storePairs(connection, volumeAdminMetadata, id, new Map(admin_metadata), context, check);
  }
  return { volume_type_id: String(volume_type_id) };
}

/** Stores volumes, none of which exists yet. */
export async function createVolumes(
  connection: SqlConnection,
  changes: readonly VolumeChange[],
  context: WriteContext,
): Promise<void> {
  const rows: NewRow[] = [];
  /** Types that exist and cannot vanish: this transaction has locked them. */
  const types = new Set<SqlValue>();
  const rowOf = async (change: VolumeChange): Promise<Row> => {
    const given = change.values['volume_type_id'] ?? null;
    const isKnown = change.volume_type === undefined && types.has(given);
    const volume_type_id = isKnown ? given : await storeVolumeType(connection, change, null, context);
    types.add(volume_type_id);
    return newRow(rules, { ...change, values: { ...change.values, volume_type_id } }, connection.dialect, context.now);
  };
  for (const change of changes) rows.push(await rowAbout(`volume ${change.id}`, () => rowOf(change)));
  await insertRows(connection, volumes.name, rows);
  const pairs = (name: 'metadata' | 'admin_metadata') => changes.map((change) => [change.id, change[name]] as const);
  await createPairs(connection, volumeMetadata, pairs('metadata'), context);
  await createPairs(connection, volumeAdminMetadata, pairs('admin_metadata'), context);
}

/** Deletes the volume and everything that belongs to it; does nothing when it is not stored. */
export async function deleteVolume(connection: SqlConnection, id: string, context: WriteContext): Promise<null> {
  const row = await lockRow(connection, volumes, id);
  if (!isLive(row)) return null;
  if (context.softDeletes) await markVolume(connection, id, context.now);
  else await removeVolume(connection, id);
  await deleteOwnType(connection, id, row['volume_type_id'] ?? null, context);
  return null;
}

async function markVolume(connection: SqlConnection, id: string, now: string): Promise<void> {
  for (const table of [...pairTables, 'snapshots', 'transfers', 'volume_attachment']) {
    await markDeleted(connection, table, equals('volume_id', id), now);
  }
  const marks = { status: 'deleted', migration_status: null, deleted: true, deleted_at: now };
  await updateRow(connection, volumes, id, marks);
}

const pairTables = ['volume_metadata', 'volume_admin_metadata', 'volume_glance_metadata'];

/** Removes dependents first, soft-deleted ones too, as servers that check references require. */
async function removeVolume(connection: SqlConnection, id: string): Promise<void> {
  const ofVolume = equals('volume_id', id);
  const ofChildren = (column: string, table: string): Condition => ({
    sql: `${column} IN (SELECT id FROM ${table} WHERE volume_id = ?)`,
    parameters: [id],
  });
  await removeRows(connection, 'attachment_specs', ofChildren('attachment_id', 'volume_attachment'));
  await removeRows(connection, 'volume_attachment', ofVolume);
  await removeRows(connection, 'snapshot_metadata', ofChildren('snapshot_id', 'snapshots'));
  await removeRows(connection, 'volume_glance_metadata', ofChildren('snapshot_id', 'snapshots'));
  for (const table of [...pairTables, 'snapshots', 'transfers']) await removeRows(connection, table, ofVolume);
  await removeRows(connection, 'volumes', equals('id', id));
}
