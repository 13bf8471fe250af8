/** Checks that the library can read and write the tables of a database. */
import { SchemaError } from '../../errors/index.ts';
import type { SqlConnection } from '../engine.ts';
import type { Row } from '../rows.ts';
import type { Table } from './columns.ts';
import type { SchemaAdapter } from './schema-adapter.ts';

/**
 * Compares columns by name, since their order differs between databases of the same revision.
 *
 * @throws {SchemaError} when a column is missing, or one that the library does not know must have a value
 */
export async function checkColumns(
  adapter: SchemaAdapter,
  connection: SqlConnection,
  tables: readonly Table[],
  revision: string,
): Promise<void> {
  const columns = await adapter.columnsOf(connection, tables);
  for (const table of tables) {
    const found = columns.get(table.name) ?? [];
    if (found.length === 0) throw unusable(revision, `has no table ${table.name}`);
    const names = new Set(found.map((column) => column['name']));
    for (const name of table.columns.keys()) {
      if (!names.has(name)) throw unusable(revision, `has no column ${name} in its table ${table.name}`);
    }
    const unknown = found.find((column) => wantsValue(column) && !table.columns.has(String(column['name'])));
    if (table.inserted && unknown !== undefined) {
      const name = String(unknown['name']);
      throw unusable(revision, `has a column ${name} in its table ${table.name} that must have a value`);
    }
  }
}

function wantsValue(column: Row): boolean {
  return column['required'] === 1 && column['preset'] === null;
}

function unusable(revision: string, reason: string): SchemaError {
  return new SchemaError(
    `The database, at schema revision ${revision}, ${reason}, and cannot be used by this version of the library. ` +
      'Nothing was changed. Look for a newer version, or repair the schema with Cinder.',
  );
}
