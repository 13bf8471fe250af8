/** What a database says of its own tables. */
import type { SqlConnection } from '../engine.ts';
import { asObjects, type Row, valuesOf } from '../rows.ts';
import type { Table } from './columns.ts';

/** The tables of a server's database that belong to no other one of the server. */
const here = { mysql: 'table_schema = DATABASE()', postgresql: 'table_schema = current_schema()' };

/** The names of tables and views, in lower case as SQL compares them. */
export async function tableNames(connection: SqlConnection): Promise<ReadonlySet<string>> {
  const { dialect } = connection;
  const names = await connection.all(
    dialect === 'sqlite'
      ? `SELECT lower(name) AS name FROM sqlite_master WHERE type IN ('table', 'view')`
      : `SELECT lower(table_name) AS name FROM information_schema.tables WHERE ${here[dialect]}`,
  );
  return new Set(valuesOf(names, 'name').map(String));
}

/** The columns of each table: `name`, whether it is `required` (1 or 0), and the `preset` that it has. */
export async function columnsOf(
  connection: SqlConnection,
  tables: readonly Table[],
): Promise<ReadonlyMap<string, readonly Row[]>> {
  if (tables.length === 0) return new Map();
  const { dialect } = connection;
  const places = tables.map(() => '?').join(', ');
  const sql =
    dialect === 'sqlite'
      ? `SELECT lower(m.name) AS "table", c.name AS name, c."notnull" AS required, c.dflt_value AS preset
    FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
    WHERE m.type = 'table' AND lower(m.name) IN (${places})`
      : `SELECT lower(table_name) AS "table", column_name AS name,
      CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END AS required, column_default AS preset
    FROM information_schema.columns WHERE ${here[dialect]} AND lower(table_name) IN (${places})`;
  const names = tables.map(({ name }) => name);
  const rows = asObjects(await connection.all(sql, names));
  return new Map(tables.map(({ name }) => [name, rows.filter((row) => row['table'] === name)]));
}
