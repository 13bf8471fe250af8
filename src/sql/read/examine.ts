/** Examines a whole database: row counts, the engine's own integrity check, and what should not be there. */
import type { Examination, Finding, TableCount } from '../../rpc/contract.ts';
import { live } from '../condition.ts';
import type { SqlConnection } from '../engine.ts';
import { valuesOf } from '../rows.ts';
import { cinderTables } from '../schema/columns.ts';
import { seedRows } from '../schema/seed-rows.ts';
import { KEY_VALUE_TABLE } from '../schema/sqlite.ts';
import { findingRules } from './finding-rules.ts';
import { tableNames } from './table-names.ts';

/** How many ids of a finding are reported. */
const mostIds = 100;

export async function examine(connection: SqlConnection, integrity: boolean): Promise<Examination> {
  const findings: Finding[] = [];
  for (const { name, table, severity, repairable, find } of findingRules) {
    const ids = await find(connection);
    if (ids.length === 0) continue;
    const told = ids.slice(0, mostIds).map(String);
    findings.push({ name, table, severity, count: ids.length, ids: told, repairable });
  }
  return {
    integrity: integrity ? await checkIntegrity(connection) : null,
    tables: await countRows(connection),
    findings,
  };
}

async function checkIntegrity(connection: SqlConnection): Promise<readonly string[] | null> {
  if (connection.dialect !== 'sqlite') return null;
  const rows = await connection.all('PRAGMA integrity_check(100)');
  return valuesOf(rows, 'integrity_check')
    .map(String)
    .filter((text) => text !== 'ok');
}

async function countRows(connection: SqlConnection): Promise<readonly TableCount[]> {
  const marked = new Map(cinderTables().map(({ name, columns }) => [name, columns.get('deleted')]));
  const used = new Set([...bookkeeping, ...cinderTables().flatMap((table) => (table.inserted ? [table.name] : []))]);
  const seeds = seedRows('', () => '').map(({ table }) => table);
  const counts: TableCount[] = [];
  for (const { name, compared, quoted } of await tableNames(connection)) {
    const table = marked.has(compared) || used.has(compared) ? compared : name;
    const all = await count(connection, quoted);
    // Where the mark is an integer, Cinder stores the row's id in it.
    const isLive = marked.get(table) === 'integer' ? 'deleted = 0' : live.sql;
    const living = marked.has(table) ? await count(connection, `${quoted} WHERE ${isLive}`) : all;
    const beside = living - seeds.filter((name) => name === table).length;
    const foreign = used.has(table) ? 0 : Math.max(0, beside);
    counts.push({ table, live: living, deleted: all - living, foreign });
  }
  return counts;
}

/** Tables that hold no objects of Cinder's, but that the library knows. */
const bookkeeping = [KEY_VALUE_TABLE, 'alembic_version', 'migrate_version'];

async function count(connection: SqlConnection, from: string): Promise<number> {
  return Number(valuesOf(await connection.all(`SELECT count(*) AS number FROM ${from}`), 'number')[0]);
}
