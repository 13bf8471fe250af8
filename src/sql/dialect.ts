/**
 * Where the SQL of the databases differs, so that the rest of the library need not know.
 *
 * Names are quoted with `"` and values are bound to `?` everywhere; the engines translate both.
 */
import type { Table } from './schema/columns.ts';

export type Dialect = 'sqlite' | 'mysql' | 'postgresql';

/**
 * The order in which rows were inserted, as far as it is kept: servers have no row ids, but integer keys count up.
 * MariaDB returns rows in the order of the primary key where Cinder asks for none.
 */
export function inOrder(dialect: Dialect, { order }: Pick<Table, 'order'>): string {
  return `ORDER BY ${dialect === 'sqlite' ? 'rowid' : order[dialect]}`;
}

/** The order of Cinder's listings. All but PostgreSQL sort NULL as the smallest value, so that such rows come last. */
export function newestFirst(dialect: Dialect): string {
  return `ORDER BY created_at DESC${dialect === 'postgresql' ? ' NULLS LAST' : ''}, id DESC`;
}

/** Makes a SELECT lock its rows until the transaction ends. SQLite has only one writer anyway. */
export function locking(dialect: Dialect): string {
  return dialect === 'sqlite' ? '' : ' FOR UPDATE';
}

/** Turns an INSERT into an update of `column` if the row with that `key` exists. */
export function orUpdate(dialect: Dialect, key: string, column: string): string {
  return dialect === 'mysql'
    ? `ON DUPLICATE KEY UPDATE ${column} = VALUES(${column})`
    : `ON CONFLICT ("${key}") DO UPDATE SET ${column} = excluded.${column}`;
}

/** A placeholder for text that is compared byte by byte, whatever the column's collation. */
export function exactText(dialect: Dialect): string {
  return dialect === 'mysql' ? 'CAST(? AS BINARY)' : '?';
}

/** A time as columns store it: Cinder's on MySQL have no fractions, and not every server truncates as MariaDB does. */
export function storableTime(dialect: Dialect, time: string): string {
  return dialect === 'mysql' ? time.slice(0, 19) : time;
}
