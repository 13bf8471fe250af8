/**
 * Where the SQL of the databases differs, and the rest of the library need not know how.
 *
 * Names are quoted with `"` and values are bound to `?` everywhere; the engines see to both.
 */
import type { Table } from './schema/columns.ts';

export type Dialect = 'sqlite' | 'mysql' | 'postgresql';

/**
 * The order in which rows were made, as far as it is kept: servers have no row ids, but integer keys count up.
 * MariaDB reads in the order of the primary key where Cinder asks for none.
 */
export function inOrder(dialect: Dialect, { order }: Pick<Table, 'order'>): string {
  return `ORDER BY ${dialect === 'sqlite' ? 'rowid' : order[dialect]}`;
}

/** The order of Cinder's listings. All but PostgreSQL take NULL for the smallest, so that such rows come last. */
export function newestFirst(dialect: Dialect): string {
  return `ORDER BY created_at DESC${dialect === 'postgresql' ? ' NULLS LAST' : ''}, id DESC`;
}

/** Makes a SELECT wait for whoever changes its rows, and others wait for us. SQLite has one writer anyway. */
export function locking(dialect: Dialect): string {
  return dialect === 'sqlite' ? '' : ' FOR UPDATE';
}

/** What turns an INSERT into an update of `column` where the row with that `key` is there. */
export function orUpdate(dialect: Dialect, key: string, column: string): string {
  return dialect === 'mysql'
    ? `ON DUPLICATE KEY UPDATE ${column} = VALUES(${column})`
    : `ON CONFLICT ("${key}") DO UPDATE SET ${column} = excluded.${column}`;
}

/** A text that is compared byte by byte, whatever the column's collation says. */
export function exactText(dialect: Dialect): string {
  return dialect === 'mysql' ? 'CAST(? AS BINARY)' : '?';
}

/** A time as the columns keep it: Cinder's on MySQL have no fractions, and not every server cuts them as MariaDB does. */
export function storableTime(dialect: Dialect, time: string): string {
  return dialect === 'mysql' ? time.slice(0, 19) : time;
}
