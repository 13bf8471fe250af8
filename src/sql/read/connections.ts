/** Reads connections, which Cinder calls volume attachments, with their volumes. */
import type { ConnectionRowFilter, ConnectionRows } from '../../rpc/contract.ts';
import { all, among, filters, live, withoutLive } from '../condition.ts';
import { newestFirst } from '../dialect.ts';
import type { SqlConnection } from '../engine.ts';
import { valuesOf } from '../rows.ts';
import { volumeAttachment } from '../schema/columns.ts';
import { readVolumes } from './volumes.ts';

/** A connection whose volume is missing or marked as deleted is listed without it, since it is what one looks for. */
export async function getConnections(
  connection: SqlConnection,
  { connection_id, volume_id, without_volume = false }: ConnectionRowFilter,
): Promise<ConnectionRows> {
  const lost = without_volume ? [{ sql: withoutLive('volume_id', 'volumes'), parameters: [] }] : [];
  const { sql, parameters } = all([...filters({ id: connection_id, volume_id }), ...lost, live]);
  const columns = volumeAttachment.selected;
  const from = `FROM volume_attachment WHERE ${sql}`;
  const rows = await connection.all(`SELECT ${columns} ${from} ${newestFirst(connection.dialect)}`, parameters);
  const volumeIds = valuesOf(rows, 'volume_id');
  const ofConnections = among(volumeIds, { sql: `SELECT volume_id ${from}`, parameters });
  return { volume_attachment: rows, volumes: await readVolumes(connection, all([ofConnections('id'), live])) };
}
