/** Stores and deletes connections, which Cinder calls volume attachments. */
import { ConnectionNotFound } from '../../errors/index.ts';
import type { RowChange } from '../../rpc/contract.ts';
import { equals } from '../condition.ts';
import type { SqlConnection } from '../engine.ts';
import { isLive, lockRow, markDeleted, type Row, removeRows, updateRow } from '../rows.ts';
import { volumeAttachment } from '../schema/columns.ts';
import { insertRows, type NewRow, rowAbout } from './many-rows.ts';
import { refuseOrphan } from './needed-volume.ts';
import { isCreation, newRow, type ObjectRules, overwriteCheckOf, storeRow } from './row-change.ts';
import type { WriteContext } from './write-context.ts';

const rules: ObjectRules = {
  table: volumeAttachment,
  defaults: {},
  notFound: (id) => new ConnectionNotFound(id),
};

export async function setConnection(
  connection: SqlConnection,
  change: RowChange,
  context: WriteContext,
): Promise<null> {
  await refuseOrphan(connection, change);
  const row = await lockRow(connection, volumeAttachment, change.id);
  const stored = isCreation(rules, change, row) ? null : row;
  await storeRow(connection, rules, change, stored, context, overwriteCheckOf(rules.table, change, stored));
  return null;
}

/** Stores connections, none of which exists yet. */
export async function createConnections(
  connection: SqlConnection,
  changes: readonly RowChange[],
  { now }: WriteContext,
): Promise<void> {
  const rows: NewRow[] = [];
  const rowOf = (change: RowChange): Row => newRow(rules, change, connection.dialect, now);
  for (const change of changes) rows.push(await rowAbout(`connection ${change.id}`, () => rowOf(change)));
  await insertRows(connection, volumeAttachment.name, rows);
}

export async function deleteConnection(
  connection: SqlConnection,
  id: string,
  { softDeletes, now }: WriteContext,
): Promise<null> {
  if (!isLive(await lockRow(connection, volumeAttachment, id))) return null;
  const ofConnection = equals('attachment_id', id);
  if (softDeletes) {
    await markDeleted(connection, 'attachment_specs', ofConnection, now);
    await updateRow(connection, volumeAttachment, id, { attach_status: 'deleted', deleted: true, deleted_at: now });
    return null;
  }
  await removeRows(connection, 'attachment_specs', ofConnection);
  await removeRows(connection, 'volume_attachment', equals('id', id));
  return null;
}
