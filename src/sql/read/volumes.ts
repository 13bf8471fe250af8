/** Reads whole volumes: their rows, and one query for each kind of children. */
import { compareTimes } from '../../cinder/compare-times.ts';
import type { Page, RowSet, Scan, VolumeFilter, VolumeRows } from '../../rpc/contract.ts';
import { all, among, type Condition, filters, live, scanned } from '../condition.ts';
import { inOrder, newestFirst } from '../dialect.ts';
import type { SqlConnection } from '../engine.ts';
import { valuesOf } from '../rows.ts';
import {
  extraSpecs,
  qosSpecs,
  type Table,
  volumeAdminMetadata,
  volumeAttachment,
  volumeMetadata,
  volumes,
  volumeTypes,
} from '../schema/columns.ts';
import { backendCondition } from './host-filter.ts';
import { listPairs } from './pairs.ts';

const qosColumns = ['id', 'specs_id', 'key', 'value', 'created_at', 'updated_at'];

export async function getVolumes(connection: SqlConnection, filter: VolumeFilter, page?: Page): Promise<VolumeRows> {
  const backend = filter.backend_name ? [backendCondition(connection.dialect, filter.backend_name)] : [];
  const named = filters({ id: filter.volume_id, display_name: filter.volume_name });
  const after = page?.after ? [await pageCondition(connection, page.after)] : [];
  return readVolumes(connection, all([...named, ...backend, live, ...after]), page?.limit);
}

/** The rows after that one, newest first. */
async function pageCondition(connection: SqlConnection, after: NonNullable<Page['after']>): Promise<Condition> {
  const { id } = after;
  if (after.created_at === null) return { sql: '(created_at IS NULL AND id < ?)', parameters: [id] };
  const row = await connection.all('SELECT created_at FROM volumes WHERE id = ?', [id]);
  const stored = String(valuesOf(row, 'created_at')[0] ?? '');
  // SQL compares texts; a row's own text may lack the fraction that the caller's has.
  const time = compareTimes(stored, after.created_at) === 0 ? stored : after.created_at;
  return {
    sql: '(created_at < ? OR (created_at = ? AND id < ?) OR created_at IS NULL)',
    parameters: [time, time, id],
  };
}

/** The volumes that the condition finds, newest first, with their live children. */
export async function readVolumes(connection: SqlConnection, where: Condition, limit?: number): Promise<VolumeRows> {
  const order = newestFirst(connection.dialect);
  const page = limit === undefined ? '' : ` ${order} LIMIT ?`;
  const parameters = limit === undefined ? where.parameters : [...where.parameters, limit];
  const query = (columns: string): Condition => ({
    sql: `SELECT ${columns} FROM volumes WHERE ${where.sql}${page}`,
    parameters,
  });
  const { sql } = query(volumes.selected);
  const rows = await connection.all(page === '' ? `${sql} ${order}` : sql, parameters);
  return withChildren(connection, rows, query);
}

/** The next live volumes of a scan, or those with its ids. */
export async function scanVolumes(connection: SqlConnection, scan: Scan): Promise<VolumeRows> {
  const { sql, parameters } = scanned(scan);
  const query = (columns: string): Condition => ({ sql: `SELECT ${columns} FROM volumes WHERE ${sql}`, parameters });
  return withChildren(connection, await connection.all(query(volumes.selected).sql, parameters), query);
}

/** @param query rebuilds the query that found the volumes, selecting other columns */
async function withChildren(
  connection: SqlConnection,
  rows: RowSet,
  query: (columns: string) => Condition,
): Promise<VolumeRows> {
  if (rows.rows.length === 0) return withoutVolumes(rows);
  // MySQL allows no LIMIT in a subquery of IN, but does in a derived table.
  const inner = ({ sql, parameters }: Condition): Condition =>
    sql.endsWith(' LIMIT ?') ? { sql: `SELECT * FROM (${sql}) AS page`, parameters } : { sql, parameters };
  const ofVolumes = among(valuesOf(rows, 'id'), inner(query('id')));
  const ofTypes = among(valuesOf(rows, 'volume_type_id'), inner(query('volume_type_id')));
  const types = await listRows(connection, volumeTypes, ofTypes('id'));
  return {
    volumes: rows,
    volume_metadata: await listPairs(connection, volumeMetadata, ofVolumes('volume_id')),
    volume_admin_metadata: await listPairs(connection, volumeAdminMetadata, ofVolumes('volume_id')),
    volume_types: types,
    volume_type_extra_specs: await listPairs(connection, extraSpecs, ofTypes('volume_type_id')),
    quality_of_service_specs: await listQosSpecs(connection, types, ofTypes('id')),
    volume_attachment: await listRows(connection, volumeAttachment, ofVolumes('volume_id')),
  };
}

function listRows(connection: SqlConnection, table: Table, where: Condition): Promise<RowSet> {
  const { sql, parameters } = all([where, live]);
  const columns = table.selected;
  const order = inOrder(connection.dialect, table);
  return connection.all(`SELECT ${columns} FROM ${table.name} WHERE ${sql} ${order}`, parameters);
}

/** The roots that the types refer to, and the rows below them. */
async function listQosSpecs(connection: SqlConnection, types: RowSet, ofTypes: Condition): Promise<RowSet> {
  const ids = valuesOf(types, 'qos_specs_id');
  if (ids.every((id) => id === null)) return { columns: qosColumns, rows: [] };
  const sql = `SELECT qos_specs_id FROM volume_types WHERE ${ofTypes.sql} AND ${live.sql}`;
  const ofSpecs = among(ids, { sql, parameters: ofTypes.parameters });
  const [roots, parts] = [ofSpecs('id'), ofSpecs('specs_id')];
  const where = { sql: `(${roots.sql} OR ${parts.sql})`, parameters: [...roots.parameters, ...parts.parameters] };
  return listPairs(connection, qosSpecs, where, qosColumns);
}

function withoutVolumes(volumeRows: RowSet): VolumeRows {
  const none = (columns: Iterable<string>): RowSet => ({ columns: [...columns], rows: [] });
  return {
    volumes: volumeRows,
    volume_metadata: none(['volume_id', 'key', 'value']),
    volume_admin_metadata: none(['volume_id', 'key', 'value']),
    volume_types: none(volumeTypes.columns.keys()),
    volume_type_extra_specs: none(['volume_type_id', 'key', 'value']),
    quality_of_service_specs: none(qosColumns),
    volume_attachment: none(volumeAttachment.columns.keys()),
  };
}
