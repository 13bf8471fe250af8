/** What becomes of a volume's own type when the volume is deleted. */
import type { SqlValue } from '../rpc/contract.ts';
import { type Condition, equals } from './condition.ts';
import type { SqlConnection } from './engine.ts';
import { ROOT_KEY } from './qos-specs.ts';
import { findRow, markDeleted, removeRows, valuesOf } from './rows.ts';
import { volumeTypes } from './schema/columns.ts';
import type { WriteContext } from './write-context.ts';

/** Deletes the type of a deleted volume with its specs, unless it is the default one or has another volume. */
export async function deleteOwnType(
  connection: SqlConnection,
  volumeId: string,
  typeId: SqlValue,
  context: WriteContext,
): Promise<void> {
  if (typeId === null || typeId === context.defaultTypeId) return;
  if (await hasOtherVolumes(connection, volumeId, typeId, context.softDeletes)) return;
  const type = await findRow(connection, volumeTypes, typeId);
  if (type === null) return;
  const qosRows = await qosRowsOf(connection, typeId, type['qos_specs_id'] ?? null);
  const ofType = equals('volume_type_id', typeId);
  if (context.softDeletes) {
    await markDeleted(connection, 'volume_type_extra_specs', ofType, context.now);
    await markDeleted(connection, 'volume_types', equals('id', typeId), context.now);
    if (qosRows !== null) await markDeleted(connection, 'quality_of_service_specs', qosRows, context.now);
    return;
  }
  await removeRows(connection, 'volume_type_extra_specs', ofType);
  await removeRows(connection, 'volume_type_projects', ofType);
  await removeRows(connection, 'encryption', ofType);
  await removeRows(connection, 'volume_types', equals('id', typeId));
  if (qosRows !== null) await removeRows(connection, 'quality_of_service_specs', qosRows);
}

async function hasOtherVolumes(
  connection: SqlConnection,
  volumeId: string,
  typeId: SqlValue,
  liveOnly: boolean,
): Promise<boolean> {
  const others = 'SELECT id FROM volumes WHERE volume_type_id = ? AND id <> ?';
  const sql = `${others}${liveOnly ? ' AND deleted = 0' : ''} LIMIT 1`;
  return (await connection.all(sql, [typeId, volumeId])).rows.length > 0;
}

/** The QoS rows that belong to that type alone; null when there are none. */
async function qosRowsOf(connection: SqlConnection, typeId: SqlValue, qosId: SqlValue): Promise<Condition | null> {
  // The original leaves `qos_specs_id` NULL and gives the specs the type's id.
  const unlinked = await connection.all('SELECT id FROM quality_of_service_specs WHERE id = ? AND "key" = ?', [
    typeId,
    ROOT_KEY,
  ]);
  const roots = new Set([...valuesOf(unlinked, 'id'), qosId]);
  const own: SqlValue[] = [];
  for (const root of roots) if (root !== null && !(await hasOtherTypes(connection, typeId, root))) own.push(root);
  if (own.length === 0) return null;
  const places = own.map(() => '?').join(', ');
  return { sql: `(id IN (${places}) OR specs_id IN (${places}))`, parameters: [...own, ...own] };
}

async function hasOtherTypes(connection: SqlConnection, typeId: SqlValue, qosId: SqlValue): Promise<boolean> {
  const sql = 'SELECT id FROM volume_types WHERE qos_specs_id = ? AND id <> ? LIMIT 1';
  return (await connection.all(sql, [qosId, typeId])).rows.length > 0;
}
