/** Reads single rows by id, and writes rows. */
import type { RowSet, SqlValue } from '../rpc/contract.ts';
import { type Condition, live } from './condition.ts';
import { locking } from './dialect.ts';
import type { SqlConnection } from './engine.ts';
import { columnList, type Table } from './schema/columns.ts';
import { naming } from './schema/text-limits.ts';

export type Row = Readonly<Record<string, SqlValue>>;

const quoted = (column: string): string => `"${column}"`;

/** The values of one column. */
export function valuesOf(set: RowSet, column: string): readonly SqlValue[] {
  const place = set.columns.indexOf(column);
  return set.rows.map((row) => row[place] ?? null);
}

/** The rows as objects; for few rows, since it costs more than reading by position. */
export function asObjects(set: RowSet): readonly Row[] {
  return set.rows.map((row) => Object.fromEntries(set.columns.map((column, place) => [column, row[place] ?? null])));
}

/** The row with that id, deleted ones included. */
export async function findRow(connection: SqlConnection, table: Table, id: SqlValue, lock = ''): Promise<Row | null> {
  const sql = `SELECT ${table.selected} FROM ${table.name} WHERE id = ?${lock}`;
  return asObjects(await connection.all(sql, [id]))[0] ?? null;
}

/** The row with that id, locked: other processes wait until this transaction has ended. */
export async function lockRow(connection: SqlConnection, table: Table, id: SqlValue): Promise<Row | null> {
  return findRow(connection, table, id, connection.mayLock === false ? '' : locking(connection.dialect));
}

/** Whether getters see the row. */
export function isLive(row: Row | null): row is Row {
  return row !== null && (row['deleted'] === 0 || row['deleted'] === false);
}

/** Inserts what is not null, so that the columns of a newer schema keep their defaults. */
export async function insertRow(connection: SqlConnection, table: string, row: Row): Promise<void> {
  const entries = Object.entries(row).filter(([, value]) => value !== null);
  const columns = columnList(entries.map(([column]) => column));
  const places = entries.map(() => '?').join(', ');
  const values = entries.map(([, value]) => value);
  const sql = `INSERT INTO ${table} (${columns}) VALUES (${places})`;
  await naming(connection.dialect, table, row, connection.run(sql, values));
}

export async function updateRow(connection: SqlConnection, table: Table, id: SqlValue, values: Row): Promise<void> {
  const entries = Object.entries(values);
  if (entries.length === 0) return;
  const places = entries.map(([column]) => `${quoted(column)} = ?`).join(', ');
  const sql = `UPDATE ${table.name} SET ${places} WHERE id = ?`;
  const parameters = [...entries.map(([, value]) => value), id];
  await naming(connection.dialect, table.name, values, connection.run(sql, parameters));
}

/** Marks the live rows that the condition finds as deleted at that time; `updated_at` stays. */
export async function markDeleted(
  connection: SqlConnection,
  table: string,
  where: Condition,
  deleted_at: string,
): Promise<void> {
  const sql = `UPDATE ${table} SET deleted = ?, deleted_at = ? WHERE ${where.sql} AND ${live.sql}`;
  await connection.run(sql, [true, deleted_at, ...where.parameters]);
}

export async function removeRows(connection: SqlConnection, table: string, where: Condition): Promise<void> {
  await connection.run(`DELETE FROM ${table} WHERE ${where.sql}`, where.parameters);
}
