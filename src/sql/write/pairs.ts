/** Stores keys and values that belong to a row: metadata, extra specs, the parts of QoS specs. */
import type { Entries, SqlValue } from '../../rpc/contract.ts';
import { equals } from '../condition.ts';
import type { SqlConnection } from '../engine.ts';
import { listPairs } from '../read/pairs.ts';
import { asObjects, insertRow, type Row, updateRow } from '../rows.ts';
import type { PairTable } from '../schema/columns.ts';
import { findMany, insertRows, type NewRow } from './many-rows.ts';
import { type OverwriteCheck, unchecked } from './row-change.ts';
import type { WriteContext } from './write-context.ts';

export type Pairs = ReadonlyMap<string, string | null>;

/** The live pairs of one owner. */
export async function readPairs(connection: SqlConnection, table: PairTable, owner: string): Promise<Pairs> {
  return new Map([...(await storedPairs(connection, table, owner))].map(([key, { value }]) => [key, value]));
}

export function samePairs(a: Pairs, b: Pairs): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

/**
 * Makes the live pairs of `owner` the wanted ones: removed keys are marked as deleted, changed values
 * updated in place, new keys inserted, all other rows left alone. A key that comes back is a new row.
 *
 * @param check called before anything is changed
 * @param withId true where ids are texts, which the database does not generate
 */
export async function storePairs(
  connection: SqlConnection,
  table: PairTable,
  owner: string,
  wanted: Pairs,
  context: WriteContext,
  check: OverwriteCheck = unchecked,
  withId = false,
): Promise<void> {
  const { now, newId } = context;
  const stored = await storedPairs(connection, table, owner);
  for (const [key, { ids }] of stored) {
    if (wanted.has(key)) continue;
    check();
    const removed: Row = { deleted: true, deleted_at: now, updated_at: now };
    for (const id of ids) await updateRow(connection, table, id, removed);
  }
  // Servers return such rows in the order of their ids: so give the ids in the order of the keys.
  const newIds = withId ? Array.from(wanted, () => newId()).sort() : [];
  for (const [key, value] of wanted) {
    const pair = stored.get(key);
    if (pair === undefined) {
      check();
      const row = newPair(table, owner, key, value, context);
      await insertRow(connection, table.name, withId ? { id: newIds.shift() ?? newId(), ...row } : row);
    } else if (pair.value !== value) {
      check();
      await updateRow(connection, table, pair.ids.at(-1) ?? null, { value, updated_at: now });
    }
  }
}

/** Stores the pairs of new owners; owners without pairs cost no query. */
export async function createPairs(
  connection: SqlConnection,
  table: PairTable,
  pairsOf: readonly (readonly [owner: string, pairs: Entries<string> | undefined])[],
  context: WriteContext,
): Promise<void> {
  const given = pairsOf.flatMap(([owner, pairs = []]) => (pairs.length === 0 ? [] : [{ owner, pairs }]));
  if (given.length === 0) return;
  // A database that checks no references may have kept pairs of an earlier owner with the same id.
  const owners = given.map(({ owner }) => owner);
  const kept = await findMany(connection, table.name, owners, 'id', table.owner);
  const rows: NewRow[] = [];
  for (const { owner, pairs } of given) {
    if (kept.has(owner)) await storePairs(connection, table, owner, new Map(pairs), context);
    else
      for (const [key, value] of new Map(pairs))
        rows.push({
          about: `${table.owner.replace('_id', '')} ${owner}`,
          row: newPair(table, owner, key, value, context),
        });
  }
  await insertRows(connection, table.name, rows);
}

function newPair({ owner }: PairTable, id: string, key: string, value: string | null, { now }: WriteContext): Row {
  return { [owner]: id, key, value, created_at: now, deleted: false };
}

interface StoredPair {
  readonly ids: readonly SqlValue[];
  readonly value: string | null;
}

/** Nothing prevents two live rows with one key: the last one counts, as in the dict that is read from them. */
async function storedPairs(
  connection: SqlConnection,
  table: PairTable,
  owner: string,
): Promise<ReadonlyMap<string, StoredPair>> {
  const rows = asObjects(await listPairs(connection, table, equals(table.owner, owner), ['id', 'key', 'value']));
  const pairs = new Map<string, StoredPair>();
  for (const { id = null, key = null, value = null } of rows) {
    if (key === null) continue;
    const ids = [...(pairs.get(String(key))?.ids ?? []), id];
    pairs.set(String(key), { ids, value: value === null ? null : String(value) });
  }
  return pairs;
}
