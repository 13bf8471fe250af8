/** Repairs what can be repaired without losing anything in use: marks rows as deleted that nothing refers to. */
import { DatabaseError } from '../../errors/index.ts';
import type { RepairedFinding, SqlValue } from '../../rpc/contract.ts';
import { oneOf } from '../condition.ts';
import type { SqlConnection } from '../engine.ts';
import { findingRules } from '../read/finding-rules.ts';
import { markDeleted } from '../rows.ts';
import type { WriteContext } from './write-context.ts';

/** Rows of one statement. */
const atOnce = 500;

/** @throws {DatabaseError} when there are more or fewer rows to repair than were reported */
export async function repair(
  connection: SqlConnection,
  findings: readonly RepairedFinding[],
  { now }: WriteContext,
): Promise<null> {
  // Find all before marking any: one repair may cause another finding.
  const works: { readonly table: string; readonly ids: readonly SqlValue[] }[] = [];
  for (const { name, table, count } of findings) {
    const rule = findingRules.find((each) => each.name === name && each.table === table && each.repairable);
    if (rule === undefined) throw new DatabaseError(`There is no safe repair of ${name} in ${table}.`);
    const ids = await rule.find(connection);
    if (ids.length !== count) {
      throw new DatabaseError(
        `${table} now has ${ids.length} rows with ${name}, not ${count}: ` +
          'the database was changed meanwhile. Nothing was repaired. Check it again.',
      );
    }
    works.push({ table, ids });
  }
  for (const { table, ids } of works) {
    for (let start = 0; start < ids.length; start += atOnce) {
      await markDeleted(connection, table, oneOf(ids.slice(start, start + atOnce))('id'), now);
    }
  }
  return null;
}
