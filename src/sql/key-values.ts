/** cinderlib's key-values. */
import { MigrationConflict } from '../errors/index.ts';
import type { KeyValueRow, SqlValue } from '../rpc/contract.ts';
import type { SqlConnection } from './engine.ts';
import { asObjects } from './rows.ts';
import { KEY_VALUE_TABLE } from './schema/sqlite.ts';

/** All of them, oldest first, or the one of that key. Only null means all: the empty text is a key too. */
export async function getKeyValues(connection: SqlConnection, key: string | null): Promise<readonly KeyValueRow[]> {
  const select = `SELECT "key", value FROM ${KEY_VALUE_TABLE}`;
  const rows =
    key === null
      ? await connection.all(`${select} ORDER BY rowid`)
      : await connection.all(`${select} WHERE "key" = ?`, [key]);
  return asObjects(rows).map((row) => ({ key: String(row['key']), value: textOrNull(row['value'] ?? null) }));
}

function textOrNull(value: SqlValue): string | null {
  return value === null ? null : String(value);
}

/** A key that is there keeps its place. */
export async function setKeyValue(
  connection: SqlConnection,
  { key, value, guarded }: { readonly key: string; readonly value: string | null; readonly guarded?: boolean },
): Promise<null> {
  const [stored] = guarded ? await getKeyValues(connection, key) : [];
  if (stored !== undefined && stored.value !== value) throw new MigrationConflict('key-value', key, 'another value');
  const sql = `INSERT INTO ${KEY_VALUE_TABLE} ("key", value) VALUES (?, ?)
    ON CONFLICT ("key") DO UPDATE SET value = excluded.value`;
  await connection.run(sql, [key, value]);
  return null;
}

export async function deleteKeyValue(connection: SqlConnection, key: string): Promise<null> {
  await connection.run(`DELETE FROM ${KEY_VALUE_TABLE} WHERE "key" = ?`, [key]);
  return null;
}
