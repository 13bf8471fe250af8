/** Stores the volume type of a volume: decides which one it is, and writes its rows. */
import { DEFAULT_TYPE } from '../../cinder/volume-type.ts';
import { DuplicateEntry, VolumeTypeUpdateFailed } from '../../errors/index.ts';
import type { SqlValue, VolumeChange, VolumeTypeChange } from '../../rpc/contract.ts';
import type { SqlConnection } from '../engine.ts';
import { findRow, isLive, lockRow, type Row } from '../rows.ts';
import { extraSpecs, qosSpecs, volumeTypes } from '../schema/columns.ts';
import { readPairs, samePairs, storePairs } from './pairs.ts';
import { qosPairs, storeQosSpecs } from './qos-specs.ts';
import { type OverwriteCheck, overwriteCheckOf, type RowRules, storeRow, unchecked } from './row-change.ts';
import type { WriteContext } from './write-context.ts';

/**
 * Writes what the change says about the volume's type, and returns the id of the type that the volume gets.
 *
 * @param check that of the stored volume
 */
export async function storeVolumeType(
  connection: SqlConnection,
  change: VolumeChange,
  stored: Row | null,
  context: WriteContext,
  check: OverwriteCheck = unchecked,
): Promise<SqlValue> {
  const type = change.volume_type;
  const given = change.values['volume_type_id'] || null;
  const kept = stored?.['volume_type_id'] || null;
  const wanted = given ?? kept ?? type?.id ?? context.defaultTypeId;
  if (wanted === context.defaultTypeId || type?.values['name'] === DEFAULT_TYPE) {
    // Each database has its own id for the default type: a type with that name is this database's.
    if (type !== undefined) await refuseSpecs(connection, type, context);
    return (given === null ? kept : null) ?? context.defaultTypeId;
  }
  const id = String(wanted);
  if (type !== undefined) {
    const own = type.id === id ? type : { ...type, id, values: {} };
    const { guarded = false } = change;
    // Changed specs leave no time in their type, but in the volume with which they were saved.
    const isCurrent = stored === null || check !== unchecked;
    await storeType(connection, own, context, { guarded, isCurrent });
  } else if (wanted !== kept && (await lockRow(connection, volumeTypes, id)) === null) {
    await storeType(connection, { id, values: {} }, context);
  }
  return id;
}

/**
 * The stored row as the check is to see it: without its type, if that is a second one named `__DEFAULT__` and the object
 * gets the database's own. Only a damaged database has two.
 */
export async function withoutOtherDefault(
  connection: SqlConnection,
  stored: Row | null,
  given: SqlValue,
  { defaultTypeId }: WriteContext,
): Promise<Row | null> {
  const kept = stored?.['volume_type_id'] || null;
  if (kept === null || given !== defaultTypeId || kept === given) return stored;
  const type = await findRow(connection, volumeTypes, kept);
  return type?.['name'] === DEFAULT_TYPE ? { ...stored, volume_type_id: null } : stored;
}

/** Throws when the type brings specs that the default type does not have: all volumes share that one. */
async function refuseSpecs(
  connection: SqlConnection,
  { extra_specs, qos_specs }: VolumeTypeChange,
  { defaultTypeId }: WriteContext,
): Promise<void> {
  if (extra_specs !== undefined && extra_specs.length > 0) {
    const own = await readPairs(connection, extraSpecs, defaultTypeId);
    if (!samePairs(own, new Map(extra_specs))) throw new VolumeTypeUpdateFailed(DEFAULT_TYPE);
  }
  if (qos_specs !== undefined && qos_specs.specs.length > 0) {
    const row = await findRow(connection, volumeTypes, defaultTypeId);
    const own = await readPairs(connection, qosSpecs, String(row?.['qos_specs_id'] ?? ''));
    if (!samePairs(own, qosPairs(qos_specs))) throw new VolumeTypeUpdateFailed(DEFAULT_TYPE);
  }
}

const typeRules: RowRules = { table: volumeTypes, defaults: { is_public: true } };

/**
 * Creates or updates a type that is not the default one, with its specs.
 *
 * @param origin `guarded` as in a change; `isCurrent`: whether the stored volume is not older than the one that brings it
 */
async function storeType(
  connection: SqlConnection,
  type: VolumeTypeChange,
  context: WriteContext,
  { guarded, isCurrent } = { guarded: false, isCurrent: true },
): Promise<void> {
  const stored = await lockRow(connection, volumeTypes, type.id);
  if (stored !== null && !isLive(stored)) {
    throw new DuplicateEntry(`Volume type ${type.id} already exists, marked as deleted, and ids are not reused.`);
  }
  const ownCheck = overwriteCheckOf(volumeTypes, { ...type, guarded }, stored);
  const check = isCurrent ? ownCheck : unchecked;
  // A new type may refer to specs that another one has already.
  const qosCheck = stored === null ? overwriteCheckOf(volumeTypes, { ...type, guarded }, {}) : check;
  const values: Record<string, SqlValue> = { ...type.values, id: type.id };
  if (!(guarded && Object.hasOwn(values, 'name'))) values['name'] ??= stored?.['name'] ?? type.id;
  // The volume has the type, so it is in use, whatever a dump says.
  delete values['deleted'];
  delete values['deleted_at'];
  const qosId = await storeTypeQosSpecs(connection, type, stored, context, qosCheck);
  if (qosId === null) delete values['qos_specs_id'];
  else values['qos_specs_id'] = qosId;
  await storeRow(connection, typeRules, { id: type.id, values, whole: true, guarded }, stored, context, check);
  if (type.extra_specs !== undefined) {
    await storePairs(connection, extraSpecs, type.id, new Map(type.extra_specs), context, check);
  }
}

/** Writes the QoS specs, where there are any, and returns the id to refer to; null leaves the reference as it is. */
async function storeTypeQosSpecs(
  connection: SqlConnection,
  { qos_specs, values }: VolumeTypeChange,
  stored: Row | null,
  context: WriteContext,
  check: OverwriteCheck,
): Promise<SqlValue> {
  if (qos_specs !== undefined) {
    const id = String(stored?.['qos_specs_id'] || qos_specs.id);
    await storeQosSpecs(connection, id, qos_specs, context, check);
    return id;
  }
  const id = values['qos_specs_id'] || null;
  // A dangling reference would be an orphan here, and an error on servers that check references.
  return id !== null && isLive(await findRow(connection, qosSpecs, id)) ? id : null;
}
