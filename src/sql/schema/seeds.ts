/** Writes the rows that a new database starts with. */
import type { SqlValue } from '../../rpc/contract.ts';
import { type Dialect, storableTime } from '../dialect.ts';
import type { SqlConnection } from '../engine.ts';
import { insertRow } from '../rows.ts';
import { seedRows } from './seed-rows.ts';

/** Where the times and ids of new rows come from. */
export interface Origin {
  readonly now: () => string;
  readonly newId: () => string;
}

export async function insertSeeds(connection: SqlConnection, { now, newId }: Origin): Promise<void> {
  for (const { table, row } of seedRows(now(), newId)) {
    await insertRow(connection, table, storableSeed(connection.dialect, table, row));
  }
}

/** On MySQL only one column keeps fractions of seconds, the one where Cinder checks for them. */
function storableSeed(
  dialect: Dialect,
  table: string,
  row: Readonly<Record<string, SqlValue>>,
): Readonly<Record<string, SqlValue>> {
  const keeps = (column: string): boolean => table === 'workers' && column === 'updated_at';
  const entries = Object.entries(row).map(([column, value]) => {
    const isTime = column.endsWith('_at') && typeof value === 'string' && !keeps(column);
    return [column, isTime ? storableTime(dialect, value) : value];
  });
  return Object.fromEntries(entries);
}
