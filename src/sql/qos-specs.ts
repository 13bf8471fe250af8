/** QoS specs: a root row and one row for each of their keys, the consumer among them. */
import { DuplicateEntry } from '../errors/index.ts';
import type { VolumeTypeChange } from '../rpc/contract.ts';
import { storableTime } from './dialect.ts';
import type { SqlConnection } from './engine.ts';
import { type Pairs, readPairs, samePairs, storePairs } from './pairs.ts';
import { type Guard, unguarded } from './row-change.ts';
import { insertRow, isLive, lockRow } from './rows.ts';
import { qosSpecs } from './schema/columns.ts';
import type { WriteContext } from './write-context.ts';

export type QosSpecs = NonNullable<VolumeTypeChange['qos_specs']>;

/** The key of the root row; its value is the specs' name. */
export const ROOT_KEY = 'QoS_Specs_Name';

/** The rows below the root, in Cinder's order: the consumer first. */
export function qosPairs({ consumer, specs }: QosSpecs): Pairs {
  const pairs = new Map<string, string | null>([['consumer', consumer], ...specs]);
  // A spec named `consumer` would be read as the consumer.
  return pairs.set('consumer', consumer);
}

/** Makes the rows below the root `id` those of `specs`; creates the root if it is missing, else asks the guard first. */
export async function storeQosSpecs(
  connection: SqlConnection,
  id: string,
  specs: QosSpecs,
  context: WriteContext,
  guard: Guard = unguarded,
): Promise<void> {
  const root = await lockRow(connection, qosSpecs, id);
  if (root === null) {
    const value = specs.origin?.name ?? id;
    const { created_at: made = context.now } = specs.origin ?? {};
    const created_at = made === null ? null : storableTime(connection.dialect, made);
    await insertRow(connection, qosSpecs.name, { id, key: ROOT_KEY, value, created_at, deleted: false });
  } else if (!isLive(root)) {
    throw new DuplicateEntry(`QoS specs ${id} already exist, marked as deleted, and ids are not reused.`);
  }
  const wanted = qosPairs(specs);
  if (root !== null && guard !== unguarded) {
    // Without a consumer, they have the usual one.
    const there = new Map([['consumer', 'back-end'], ...(await readPairs(connection, qosSpecs, id))]);
    if (!samePairs(there, wanted)) guard();
  }
  await storePairs(connection, qosSpecs, id, wanted, context, unguarded, true);
  if (root === null && specs.origin?.updated_at) await markChange(connection, id, specs.origin.updated_at);
}

/** The time of their last change is the latest of the rows below the root, where there is always a consumer. */
async function markChange(connection: SqlConnection, id: string, time: string): Promise<void> {
  const sql = `UPDATE ${qosSpecs.name} SET updated_at = ? WHERE specs_id = ? AND "key" = 'consumer'`;
  await connection.run(sql, [storableTime(connection.dialect, time), id]);
}
