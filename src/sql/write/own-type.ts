/** Deletes a volume's own type along with the volume. */
import type { SqlValue } from '../../rpc/contract.ts';
import { equals, live, oneOf } from '../condition.ts';
import type { SqlConnection } from '../engine.ts';
import { lockRow, markDeleted, removeRows, valuesOf } from '../rows.ts';
import { volumeTypes } from '../schema/columns.ts';
import { ROOT_KEY } from './qos-specs.ts';
import type { WriteContext } from './write-context.ts';

/** Deletes the type of a deleted volume with its specs, unless it is the default type or has another volume. */
export async function deleteOwnType(
  connection: SqlConnection,
  volumeId: string,
  typeId: SqlValue,
  context: WriteContext,
): Promise<void> {
  if (typeId === null || typeId === context.defaultTypeId) return;
  // Locked before the check, so that nobody gives the type to a volume between check and delete.
  const type = await lockRow(connection, volumeTypes, typeId);
  if (type === null) return;
  if (await hasOtherVolumes(connection, volumeId, typeId, context.softDeletes)) return;
  const qosRoots = await qosRootsOf(connection, typeId, type['qos_specs_id'] ?? null);
  // Children first: a server checks references row by row.
  const qosRows = qosRoots.length === 0 ? [] : ['specs_id', 'id'].map(oneOf(qosRoots));
  const ofType = equals('volume_type_id', typeId);
  if (context.softDeletes) {
    await markDeleted(connection, 'volume_type_extra_specs', ofType, context.now);
    await markDeleted(connection, 'volume_types', equals('id', typeId), context.now);
    for (const rows of qosRows) await markDeleted(connection, 'quality_of_service_specs', rows, context.now);
    return;
  }
  await removeRows(connection, 'volume_type_extra_specs', ofType);
  await removeRows(connection, 'volume_type_projects', ofType);
  await removeRows(connection, 'encryption', ofType);
  await removeRows(connection, 'volume_types', equals('id', typeId));
  for (const rows of qosRows) await removeRows(connection, 'quality_of_service_specs', rows);
}

async function hasOtherVolumes(
  connection: SqlConnection,
  volumeId: string,
  typeId: SqlValue,
  liveOnly: boolean,
): Promise<boolean> {
  const others = 'SELECT id FROM volumes WHERE volume_type_id = ? AND id <> ?';
  const sql = `${others}${liveOnly ? ` AND ${live.sql}` : ''} LIMIT 1`;
  return (await connection.all(sql, [typeId, volumeId])).rows.length > 0;
}

/** The roots of the QoS specs that belong to that type alone. */
async function qosRootsOf(connection: SqlConnection, typeId: SqlValue, qosId: SqlValue): Promise<readonly SqlValue[]> {
  // The original leaves `qos_specs_id` NULL and gives the specs the type's id.
  const unlinked = await connection.all('SELECT id FROM quality_of_service_specs WHERE id = ? AND "key" = ?', [
    typeId,
    ROOT_KEY,
  ]);
  const roots = new Set([...valuesOf(unlinked, 'id'), qosId]);
  const own: SqlValue[] = [];
  for (const root of roots) if (root !== null && !(await hasOtherTypes(connection, typeId, root))) own.push(root);
  return own;
}

async function hasOtherTypes(connection: SqlConnection, typeId: SqlValue, qosId: SqlValue): Promise<boolean> {
  const sql = 'SELECT id FROM volume_types WHERE qos_specs_id = ? AND id <> ? LIMIT 1';
  return (await connection.all(sql, [qosId, typeId])).rows.length > 0;
}
