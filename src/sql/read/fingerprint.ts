/** Tells whether a database has changed, without reading all of it. */
import { checksum } from '../../checksum.ts';
import type { SqlValue } from '../../rpc/contract.ts';
import type { SqlConnection } from '../engine.ts';
import { getKeyValues } from '../key-values.ts';
import { cinderTables, type Table } from '../schema/columns.ts';
import { KEY_VALUE_TABLE } from '../schema/sqlite.ts';
import { tableNames } from './table-names.ts';

const times = ['created_at', 'updated_at', 'deleted_at'];

/**
 * A text that differs once a program has changed the tables.
 *
 * Every change that Cinder or cinderlib makes adds or removes a row, or leaves a time later than all others; only a
 * clock that is behind can leave an earlier one. Where times are whole seconds, several changes may share one, so
 * the rows of the last second are hashed. Key-values have no times, but are few.
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
    parts.push(text.length, checksum(text));
  }
  return parts.map((part) => String(part)).join('|');
}

/** A checksum of the rows of the last second, with all columns. `QUOTE` tells NULL from text, and delimits it. */
function newestRows({ name, columns }: Table): string {
  const row = Array.from(columns.keys(), (column) => `QUOTE("${column}")`).join(', ');
  const newest = times.map((time) => `${time} = (SELECT max(${time}) FROM ${name})`).join(' OR ');
  return `SELECT sum(CRC32(CONCAT_WS(',', ${row}))) FROM ${name} WHERE ${newest}`;
}
