/** Conditions of WHERE clauses, each with the values of its placeholders. */
import { InvalidOption } from '../errors/index.ts';
import type { Scan, SqlValue } from '../rpc/contract.ts';

export interface Condition {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/** Rows that getters see: soft-deleted ones, and those of unknown state, are invisible. */
export const live: Condition = { sql: 'deleted = false', parameters: [] };

/** The condition that a column refers to no live row of another table. */
export const withoutLive = (column: string, parent: string): string =>
  `(${column} IS NULL OR ${column} NOT IN (SELECT id FROM ${parent} WHERE ${live.sql}))`;

/** A condition that no row meets. */
export const none: Condition = { sql: '1 = 0', parameters: [] };

/** A text with a lone surrogate is in no database: it finds nothing. */
export function equals(column: string, value: SqlValue): Condition {
  if (typeof value === 'string' && !value.isWellFormed()) return none;
  return { sql: `${column} = ?`, parameters: [value] };
}

export function all(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.map(({ sql }) => sql).join(' AND '),
    parameters: conditions.flatMap(({ parameters }) => parameters),
  };
}

/** One condition for each filter that has a value: an empty one does not filter. */
export function filters(columns: Readonly<Record<string, string | null | undefined>>): readonly Condition[] {
  return Object.entries(columns).flatMap(([column, value]) => (value ? [equals(column, value)] : []));
}

/**
 * Up to this many ids, those of a page, are bound: querying them again would sort all volumes. More ids are those of a
 * whole listing; querying that again sorts nothing, and it may have more than the 32,766 ids that SQLite can bind.
 */
const fewIds = 2048;

/** A condition on a column that holds the ids of other rows. */
export type Scope = (column: string) => Condition;

/** `column IN (…)`: the ids themselves where they are few, else the query that found them. */
export function among(ids: readonly SqlValue[], query: Condition): Scope {
  if (distinctOf(ids).length <= fewIds) return oneOf(ids);
  return (column) => ({ sql: `${column} IN (${query.sql})`, parameters: query.parameters });
}

function distinctOf(ids: readonly SqlValue[]): readonly SqlValue[] {
  return [...new Set(ids)].filter((id) => id !== null);
}

/** `column IN (…)` with the ids themselves, of which there must not be more than {@link mostIds}. */
export function oneOf(ids: readonly SqlValue[]): Scope {
  const values = [...distinctOf(ids)];
  // Repeating an id up to a power of two makes a few SQL texts do for all lengths, and those stay prepared.
  while (values.length < fewIds && (values.length & (values.length - 1)) !== 0) values.push(values.at(-1) ?? '');
  // Nothing equals NULL, and not every database accepts an empty list.
  const places = values.map(() => '?').join(', ') || 'NULL';
  return (column) => ({ sql: `${column} IN (${places})`, parameters: values });
}

/** Half of what SQLite can bind, the least of the databases: a query may use the ids for two columns. */
const mostIds = 16_383;

/** The condition for the live rows of a scan, with order and limit, for the end of a statement. */
export function scanned(scan: Scan): Condition {
  if ('ids' in scan) {
    const ids = distinctOf(scan.ids);
    if (ids.length <= mostIds) return all([oneOf(ids)('id'), live]);
    throw new InvalidOption(`A scan takes at most ${mostIds} ids, not ${ids.length}. Split them into several scans.`);
  }
  const next = scan.after === null ? live : all([{ sql: 'id > ?', parameters: [scan.after] }, live]);
  return { sql: `${next.sql} ORDER BY id LIMIT ?`, parameters: [...next.parameters, scan.limit] };
}
