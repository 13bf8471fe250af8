/** Tells which tables an SQL dump lacks: what is not in it must not pass for something that does not exist. */
import type { NotCarried } from '../migrate/report.ts';

export function missingTablesText({ ids }: NotCarried): string {
  const names = ids.join(', ');
  return `the dump has neither a CREATE TABLE nor rows of these tables, so they count as empty: ${names}. If they are not, dump the whole database.`;
}
