/** The maximum lengths of texts, to name the one that is too long where the server does not. */
import { ValueError } from '../../errors/index.ts';
import type { SqlValue } from '../../rpc/contract.ts';
import type { Dialect } from '../dialect.ts';
import { schemaObjects } from './sqlite.ts';

/** How many bytes a TEXT column holds in MySQL. */
const mysqlTextBytes = 65_535;

/** Waits for a statement that writes these values; when one of them is too long, the error says which. */
export async function naming<T>(
  dialect: Dialect,
  table: string,
  values: Readonly<Record<string, SqlValue>>,
  writing: Promise<T>,
): Promise<T> {
  try {
    return await writing;
  } catch (error) {
    if (!(error instanceof ValueError) || dialect === 'sqlite') throw error;
    const reason = tooLong(dialect, table, values);
    throw reason === null ? error : new ValueError(reason, { cause: error });
  }
}

function tooLong(dialect: Dialect, table: string, values: Readonly<Record<string, SqlValue>>): string | null {
  const definition = schemaObjects().find(({ kind, name }) => kind === 'table' && name === table)?.sql ?? '';
  for (const [column, value] of Object.entries(values)) {
    if (typeof value !== 'string') continue;
    const [, type = '', size] = new RegExp(`\\b${column}"? (\\w+)(?:\\((\\d+)\\))?`).exec(definition) ?? [];
    const length = [...value].length;
    if (type === 'VARCHAR' && length > Number(size)) {
      return `The text for ${table}.${column} has ${length} characters, and the column takes ${size}. Shorten it.`;
    }
    const bytes = new TextEncoder().encode(value).length;
    if (type === 'TEXT' && dialect === 'mysql' && bytes > mysqlTextBytes) {
      return `The text for ${table}.${column} has ${bytes} bytes, and the column takes ${mysqlTextBytes}. Shorten it.`;
    }
  }
  return null;
}
