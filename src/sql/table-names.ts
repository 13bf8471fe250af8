/** The names of a database's own tables, by what each kind of database has to say of itself. */
import type { SqlConnection } from './engine.ts';
import { valuesOf } from './rows.ts';

const queries: Readonly<Record<string, string>> = {
  sqlite: `SELECT lower(name) AS name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
  mysql: `SELECT lower(table_name) AS name FROM information_schema.tables
    WHERE table_schema = database() AND table_type = 'BASE TABLE'`,
  postgresql: `SELECT lower(table_name) AS name FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`,
};

/** In the order of the alphabet. */
export async function tableNames(connection: SqlConnection): Promise<readonly string[]> {
  const { dialect }: { readonly dialect: string } = connection;
  const query = queries[dialect];
  if (query === undefined) return [];
  return valuesOf(await connection.all(`${query} ORDER BY 1`), 'name').map(String);
}
