/** Checks that the tables of a database are ones that the library can read and write. */
import { SchemaError } from '../../errors/index.ts';
import type { SqlConnection } from '../engine.ts';
import type { Row } from '../rows.ts';
import type { Table } from './columns.ts';
import type { SchemaWays } from './ways.ts';

/**
 * Compares by name, since databases of the same revision differ in the order of columns.
 *
 * @throws {SchemaError} when a column is missing, or when one that the library knows nothing of wants a value
 */
export async function checkColumns(
  ways: SchemaWays,
  connection: SqlConnection,
  tables: readonly Table[],
  revision: string,
): Promise<void> {
  const columns = await ways.columnsOf(connection, tables);
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
