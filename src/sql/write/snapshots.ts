/** Stores and deletes snapshots. */
import { SnapshotNotFound } from '../../errors/index.ts';
import type { SnapshotChange, SqlValue, StoredType } from '../../rpc/contract.ts';
import { equals } from '../condition.ts';
import type { SqlConnection } from '../engine.ts';
import { findRow, isLive, lockRow, markDeleted, type Row, removeRows, updateRow } from '../rows.ts';
import { snapshotMetadata, snapshots, volumes, volumeTypes } from '../schema/columns.ts';
import { findMany, insertRows, type NewRow, rowAbout } from './many-rows.ts';
import { refuseOrphan } from './needed-volume.ts';
import { createPairs, storePairs } from './pairs.ts';
import { isCreation, newRow, type ObjectRules, overwriteCheckOf, storeRow } from './row-change.ts';
import { withoutOtherDefault } from './volume-types.ts';
import type { WriteContext } from './write-context.ts';

const rules: ObjectRules = {
  table: snapshots,
  defaults: { use_quota: true },
  notFound: (id) => new SnapshotNotFound(id),
};

export async function setSnapshot(
  connection: SqlConnection,
  change: SnapshotChange,
  context: WriteContext,
): Promise<StoredType> {
  await refuseOrphan(connection, change);
  const row = await lockRow(connection, snapshots, change.id);
  const stored = isCreation(rules, change, row) ? null : row;
  const check = overwriteCheckOf(rules.table, change, stored);
  const volume_type_id = await typeOf(lookUpOn(connection), change, stored, context);
  const named = stored === null || Object.hasOwn(change.values, 'volume_type_id');
  const values = named ? { ...change.values, volume_type_id } : change.values;
  const known = change.guarded ? await withoutOtherDefault(connection, stored, volume_type_id, context) : stored;
  await storeRow(connection, rules, { ...change, values }, known, context, check);
  if (change.metadata !== undefined) {
    await storePairs(connection, snapshotMetadata, change.id, new Map(change.metadata), context, check);
  }
  return { volume_type_id };
}

/** Stores snapshots, none of which exists yet. */
export async function createSnapshots(
  connection: SqlConnection,
  changes: readonly SnapshotChange[],
  context: WriteContext,
): Promise<void> {
  const column = (name: string): readonly SqlValue[] => changes.map(({ values }) => values[name] || null);
  const types = await findMany(connection, volumeTypes.name, column('volume_type_id'), 'id');
  const ofVolumes = await findMany(connection, volumes.name, column('volume_id'), 'volume_type_id');
  const lookup: TypeLookup = {
    isType: async (id) => types.has(String(id)),
    ofVolume: async (id) => ofVolumes.get(String(id)) ?? null,
  };
  const rows: NewRow[] = [];
  const rowOf = async (change: SnapshotChange): Promise<Row> => {
    const values = { ...change.values, volume_type_id: await typeOf(lookup, change, null, context) };
    return newRow(rules, { ...change, values }, connection.dialect, context.now);
  };
  for (const change of changes) rows.push(await rowAbout(`snapshot ${change.id}`, () => rowOf(change)));
  await insertRows(connection, snapshots.name, rows);
  await createPairs(
    connection,
    snapshotMetadata,
    changes.map(({ id, metadata }) => [id, metadata]),
    context,
  );
}

/** The look-ups needed to find the type of a snapshot. */
interface TypeLookup {
  isType(id: SqlValue): Promise<boolean>;
  /** The type of a volume; null when there is no such volume. */
  ofVolume(id: SqlValue): Promise<SqlValue>;
}

function lookUpOn(connection: SqlConnection): TypeLookup {
  return {
    isType: async (id) => (await findRow(connection, volumeTypes, id)) !== null,
    ofVolume: async (id) => (await findRow(connection, volumes, id))?.['volume_type_id'] ?? null,
  };
}

/** The id of the type to store for the snapshot: the column is NOT NULL, while objects may have no type. */
async function typeOf(
  { isType, ofVolume }: TypeLookup,
  { values, guarded = false }: SnapshotChange,
  stored: Row | null,
  { defaultTypeId }: WriteContext,
): Promise<string> {
  const given = values['volume_type_id'] || null;
  const kept = stored?.['volume_type_id'] || null;
  const volumeId: SqlValue = values['volume_id'] ?? stored?.['volume_id'] ?? null;
  if (given !== null) {
    // The id of another database's default type means nothing here: its volume has this database's own.
    // The volume's own id is the type that the volume once had: the original drops that at an update.
    // A migration replaces the former, and a dry run does not find the types that come with the volumes before.
    const known = guarded || given === kept || given === volumeId || (await isType(given));
    if (known) return String(given);
  } else if (kept !== null) return String(kept);
  return String((await ofVolume(volumeId)) || given || defaultTypeId);
}

export async function deleteSnapshot(
  connection: SqlConnection,
  id: string,
  { softDeletes, now }: WriteContext,
): Promise<null> {
  if (!isLive(await lockRow(connection, snapshots, id))) return null;
  const ofSnapshot = equals('snapshot_id', id);
  if (softDeletes) {
    await markDeleted(connection, 'snapshot_metadata', ofSnapshot, now);
    await updateRow(connection, snapshots, id, { status: 'deleted', deleted: true, deleted_at: now });
    return null;
  }
  await removeRows(connection, 'snapshot_metadata', ofSnapshot);
  await removeRows(connection, 'volume_glance_metadata', ofSnapshot);
  await removeRows(connection, 'snapshots', equals('id', id));
  return null;
}
