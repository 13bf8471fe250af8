/** Tells whether a database is still as it was, without reading all of it. */
import type { SqlValue } from '../rpc/contract.ts';
import type { SqlConnection } from './engine.ts';
import { getKeyValues } from './key-values.ts';
import { cinderTables, type Table } from './schema/columns.ts';
import { KEY_VALUE_TABLE } from './schema/sqlite.ts';
import { tableNames } from './table-names.ts';

const times = ['created_at', 'updated_at', 'deleted_at'];

/**
 * A text that is another one when a program has changed the tables.
 *
 * Every change of a row, of Cinder's and of cinderlib's, leaves a row more or less, or a time that is later than all
 * others; only one by a clock that is behind can leave an earlier one. Where times are whole seconds several changes
 * have the same, and the rows of the last second are looked at. Key-values have no times, and are few.
 */
export async function fingerprint(connection: SqlConnection): Promise<string> {
  const parts: SqlValue[] = [];
  const add = async (query: string): Promise<void> => {
    for (const row of (await connection.all(query)).rows) parts.push(...row);
  };
  for (const table of cinderTables().filter(({ inserted }) => inserted)) {
    await add(`SELECT count(*), ${times.map((time) => `max(${time})`).join(', ')} FROM ${table.name}`);
    if (connection.dialect === 'mysql') await add(newestRows(table));
  }
  if ((await tableNames(connection)).some(({ compared }) => compared === KEY_VALUE_TABLE)) {
    const text = JSON.stringify(await getKeyValues(connection, null));
    parts.push(text.length, hash(text));
  }
  return parts.map((part) => String(part)).join('|');
}

/** The sum over the rows of the last second, each with all its columns. `QUOTE` tells null from a text, and ends it. */
function newestRows({ name, columns }: Table): string {
  const row = Array.from(columns.keys(), (column) => `QUOTE("${column}")`).join(', ');
  const newest = times.map((time) => `${time} = (SELECT max(${time}) FROM ${name})`).join(' OR ');
  return `SELECT sum(CRC32(CONCAT_WS(',', ${row}))) FROM ${name} WHERE ${newest}`;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value;
}
