/** Reads keys and values that belong to rows: metadata, extra specs, the parts of QoS specs. */
import type { RowSet } from '../../rpc/contract.ts';
import { all, type Condition, live } from '../condition.ts';
import { inOrder } from '../dialect.ts';
import type { SqlConnection } from '../engine.ts';
import { columnList, type PairTable } from '../schema/columns.ts';

/** The live pairs of all owners that the condition finds, oldest first, which is the order of their dicts. */
export function listPairs(
  connection: SqlConnection,
  table: PairTable,
  where: Condition,
  columns: readonly string[] = [table.owner, 'key', 'value'],
): Promise<RowSet> {
  const { sql, parameters } = all([where, live]);
  const order = inOrder(connection.dialect, table);
  return connection.all(`SELECT ${columnList(columns)} FROM ${table.name} WHERE ${sql} ${order}`, parameters);
}
