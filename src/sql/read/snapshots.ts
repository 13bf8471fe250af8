/** Reads snapshots, with their metadata. */
import type { Scan, SnapshotFilter, SnapshotRows } from '../../rpc/contract.ts';
import { all, among, type Condition, filters, live, scanned } from '../condition.ts';
import { newestFirst } from '../dialect.ts';
import type { SqlConnection } from '../engine.ts';
import { valuesOf } from '../rows.ts';
import { snapshotMetadata, snapshots } from '../schema/columns.ts';
import { listPairs } from './pairs.ts';

const select = `SELECT ${snapshots.selected} FROM snapshots`;

export async function getSnapshots(connection: SqlConnection, filter: SnapshotFilter): Promise<SnapshotRows> {
  const { snapshot_id, snapshot_name, volume_id } = filter;
  const condition = all([...filters({ id: snapshot_id, display_name: snapshot_name, volume_id }), live]);
  const query = `${select} WHERE ${condition.sql} ${newestFirst(connection.dialect)}`;
  return withMetadata(connection, await connection.all(query, condition.parameters), condition);
}

/** The next live snapshots of a scan, or those with its ids. */
export async function scanSnapshots(connection: SqlConnection, scan: Scan): Promise<SnapshotRows> {
  const { sql, parameters } = scanned(scan);
  return withMetadata(connection, await connection.all(`${select} WHERE ${sql}`, parameters), live);
}

/** @param condition One that all of these snapshots fulfil, for when they are too many to name. */
async function withMetadata(
  connection: SqlConnection,
  rows: SnapshotRows['snapshots'],
  { sql, parameters }: Condition,
): Promise<SnapshotRows> {
  const ofSnapshots = among(valuesOf(rows, 'id'), { sql: `SELECT id FROM snapshots WHERE ${sql}`, parameters });
  return {
    snapshots: rows,
    snapshot_metadata: await listPairs(connection, snapshotMetadata, ofSnapshots('snapshot_id')),
  };
}
