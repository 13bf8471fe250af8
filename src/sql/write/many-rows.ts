/** Inserts and looks up many rows with few statements: on a server each statement is a round trip. */
import { aboutItem } from '../../about-item.ts';
import type { SqlValue } from '../../rpc/contract.ts';
import { oneOf } from '../condition.ts';
import type { SqlConnection } from '../engine.ts';
import { insertRow, type Row, valuesOf } from '../rows.ts';
import { columnList } from '../schema/columns.ts';

/** A row to be inserted, and the object that it belongs to, as messages name it. */
export interface NewRow {
  readonly about: string;
  readonly row: Row;
}

/** Makes the row of one object; an error names the object. */
export async function rowAbout(about: string, make: () => Row | Promise<Row>): Promise<NewRow> {
  try {
    return { about, row: await make() };
  } catch (error) {
    throw aboutItem(error, about);
  }
}

/** The most characters in one statement's values: MySQL before 8.0 takes 4 MiB, and each may have four bytes. */
const mostCharacters = 2 ** 19;
/** The most values in one statement: both protocols count them in 16 bits. */
const mostValues = 2 ** 15;

/** Inserts rows in their order. Like {@link insertRow} it leaves out what is null. */
export async function insertRows(connection: SqlConnection, table: string, rows: readonly NewRow[]): Promise<void> {
  // No round trips here: a statement that stays prepared is fastest, and tells which row it could not insert.
  if (connection.dialect === 'sqlite') return insertOneByOne(connection, table, rows);
  const groups = new Map<string, SqlValue[][]>();
  for (const { row } of rows) {
    const entries = Object.entries(row).filter(([, value]) => value !== null);
    const columns = columnList(entries.map(([column]) => column));
    const group = groups.get(columns) ?? [];
    group.push(entries.map(([, value]) => value));
    groups.set(columns, group);
  }
  for (const [columns, group] of groups) {
    for (const some of statements(group)) {
      const places = `(${(some[0] ?? []).map(() => '?').join(', ')})`;
      const all = some.map(() => places).join(', ');
      await connection.run(`INSERT INTO ${table} (${columns}) VALUES ${all}`, some.flat());
    }
  }
}

async function insertOneByOne(connection: SqlConnection, table: string, rows: readonly NewRow[]): Promise<void> {
  for (const { about, row } of rows) {
    try {
      await insertRow(connection, table, row);
    } catch (error) {
      throw aboutItem(error, about);
    }
  }
}

/** As many rows as fit into one statement, always a power of two: so a few SQL texts do for all, and stay prepared. */
function* statements(rows: readonly SqlValue[][]): Generator<readonly SqlValue[][]> {
  const width = Math.max(1, rows[0]?.length ?? 0);
  for (let start = 0; start < rows.length; ) {
    let count = 2 ** Math.floor(Math.log2(Math.min(rows.length - start, mostValues / width)));
    while (count > 1 && characters(rows.slice(start, start + count)) > mostCharacters) count /= 2;
    yield rows.slice(start, start + count);
    start += count;
  }
}

function characters(rows: readonly SqlValue[][]): number {
  let sum = 0;
  for (const row of rows) for (const value of row) sum += typeof value === 'string' ? value.length : 0;
  return sum;
}

/** The values of a column by the ids of their rows; ids without a row are absent. */
export async function findMany(
  connection: SqlConnection,
  table: string,
  ids: readonly SqlValue[],
  column: string,
  key = 'id',
): Promise<ReadonlyMap<string, SqlValue>> {
  const { sql, parameters } = oneOf(ids)(`"${key}"`);
  const rows = await connection.all(`SELECT "${key}", "${column}" FROM ${table} WHERE ${sql}`, parameters);
  const values = valuesOf(rows, column);
  return new Map(valuesOf(rows, key).map((id, place) => [String(id), values[place] ?? null]));
}
