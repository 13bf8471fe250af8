/** QoS specs: a root row and one row for each of their keys, the consumer among them. */
import { DuplicateEntry } from '../errors/index.ts';
import type { VolumeTypeChange } from '../rpc/contract.ts';
import type { SqlConnection } from './engine.ts';
import { type Pairs, storePairs } from './pairs.ts';
import { insertRow, isLive, lockRow } from './rows.ts';
import { qosSpecs } from './schema/columns.ts';
import type { WriteContext } from './write-context.ts';

export type QosSpecs = NonNullable<VolumeTypeChange['qos_specs']>;

/** The key of the root row; its value is the specs' name. */
export const ROOT_KEY = 'QoS_Specs_Name';

/** The rows below the root, in Cinder's order: the consumer first. */
export function qosPairs({ consumer, specs }: QosSpecs): Pairs {
  const pairs = new Map<string, string | null>([['consumer', consumer], ...specs]);
  // A spec of the name would be read as the consumer.
  return pairs.set('consumer', consumer);
}

/** Makes the rows with the root `id` those of `specs`. */
export async function storeQosSpecs(
  connection: SqlConnection,
  id: string,
  specs: QosSpecs,
  context: WriteContext,
): Promise<void> {
  const root = await lockRow(connection, qosSpecs, id);
  if (root === null) {
    const row = { id, key: ROOT_KEY, value: id, created_at: context.now, deleted: false };
    await insertRow(connection, qosSpecs.name, row);
  } else if (!isLive(root)) {
    throw new DuplicateEntry(`QoS specs ${id} exist already, marked as deleted, and an id is not used twice.`);
  }
  await storePairs(connection, qosSpecs, id, qosPairs(specs), context, true);
}
