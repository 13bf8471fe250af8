/** Reads, stores and deletes cinderlib's key-values. */
import { MigrationConflict } from '../errors/index.ts';
import type { KeyValueRow, RowSet, SqlValue } from '../rpc/contract.ts';
import { equals } from './condition.ts';
import { inOrder, orUpdate } from './dialect.ts';
import type { SqlConnection } from './engine.ts';
import { asObjects, removeRows } from './rows.ts';
import { keyValues } from './schema/columns.ts';
import { KEY_VALUE_TABLE } from './schema/sqlite.ts';
import { naming } from './schema/text-limits.ts';

/** All of them, in SQLite oldest first, or the one with that key. Only null means all: the empty text is a key too. */
export async function getKeyValues(connection: SqlConnection, key: string | null): Promise<readonly KeyValueRow[]> {
  const select = `SELECT "key", value FROM ${KEY_VALUE_TABLE}`;
  const rows =
    key === null
      ? await connection.all(`${select} ${inOrder(connection.dialect, keyValues)}`)
      : await allWith(connection, select, key);
  return asObjects(rows).map((row) => ({ key: String(row['key']), value: textOrNull(row['value'] ?? null) }));
}

function allWith(connection: SqlConnection, select: string, key: string): Promise<RowSet> {
  const { sql, parameters } = equals('"key"', key);
  return connection.all(`${select} WHERE ${sql}`, parameters);
}

function textOrNull(value: SqlValue): string | null {
  return value === null ? null : String(value);
}

/** An existing key keeps its place in the order. */
export async function setKeyValue(
  connection: SqlConnection,
  { key, value, guarded }: { readonly key: string; readonly value: string | null; readonly guarded?: boolean },
): Promise<null> {
  const [stored] = guarded ? await getKeyValues(connection, key) : [];
  if (stored?.value === value) return null;
  if (stored !== undefined) throw new MigrationConflict('key-value', key, 'another value');
  const sql = `INSERT INTO ${KEY_VALUE_TABLE} ("key", value) VALUES (?, ?)
    ${orUpdate(connection.dialect, 'key', 'value')}`;
  const writing = connection.run(sql, [key, value]);
  await naming(connection.dialect, KEY_VALUE_TABLE, { key, value }, writing);
  return null;
}

export async function deleteKeyValue(connection: SqlConnection, key: string): Promise<null> {
  await removeRows(connection, KEY_VALUE_TABLE, equals('"key"', key));
  return null;
}
