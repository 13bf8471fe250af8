/** The names of a database's own tables, from the catalogue of each kind of database. */
import type { Dialect } from '../dialect.ts';
import type { SqlConnection } from '../engine.ts';
import { valuesOf } from '../rows.ts';

const queries: Readonly<Record<Dialect, string>> = {
  sqlite: `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
  mysql: `SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = database() AND table_type = 'BASE TABLE'`,
  postgresql: `SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`,
};

export interface TableName {
  readonly name: string;
  /** For comparison with known names: to SQLite `Volumes` and `volumes` are one table, to servers two. */
  readonly compared: string;
  /** As statements have to write it: names of tables other than ours may contain anything. */
  readonly quoted: string;
}

/** In alphabetical order. */
export async function tableNames(connection: SqlConnection): Promise<readonly TableName[]> {
  const { dialect } = connection;
  const names = valuesOf(await connection.all(`${queries[dialect]} ORDER BY 1`), 'name').map(String);
  return names.map((name) => ({
    name,
    compared: dialect === 'sqlite' ? name.toLowerCase() : name,
    quoted: `"${name.replaceAll('"', '""')}"`,
  }));
}
