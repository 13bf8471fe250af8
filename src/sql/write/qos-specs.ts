/** QoS specs: a root row and one row for each of their keys, the consumer among them. */
import { DuplicateEntry } from '../../errors/index.ts';
import { usualConsumer } from '../../migration-conflict.ts';
import type { VolumeTypeChange } from '../../rpc/contract.ts';
import { live } from '../condition.ts';
import { storableTime } from '../dialect.ts';
import type { SqlConnection } from '../engine.ts';
import { asObjects, insertRow, isLive, lockRow } from '../rows.ts';
import { qosSpecs } from '../schema/columns.ts';
import { type Pairs, readPairs, samePairs, storePairs } from './pairs.ts';
import { isLater, type OverwriteCheck, unchecked } from './row-change.ts';
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

/** Makes the rows below the root `id` those of `specs`; creates the root if it is missing, else checks first. */
export async function storeQosSpecs(
  connection: SqlConnection,
  id: string,
  specs: QosSpecs,
  context: WriteContext,
  check: OverwriteCheck = unchecked,
): Promise<void> {
  const { origin } = specs;
  const root = await lockRow(connection, qosSpecs, id);
  if (root === null) {
    const value = origin?.name ?? id;
    const { created_at: made = context.now } = origin ?? {};
    const created_at = made === null ? null : storableTime(connection.dialect, made);
    await insertRow(connection, qosSpecs.name, { id, key: ROOT_KEY, value, created_at, deleted: false });
  } else if (!isLive(root)) {
    throw new DuplicateEntry(`QoS specs ${id} already exist, marked as deleted, and ids are not reused.`);
  }
  const wanted = qosPairs(specs);
  // Only a migration asks whether anything changes.
  const isCarried = root !== null && origin !== undefined;
  const stored = context.rehearsed?.get(id) ?? (isCarried ? await readPairs(connection, qosSpecs, id) : null);
  const isSame = stored !== null && samePairs(new Map([['consumer', usualConsumer], ...stored]), wanted);
  if (stored !== null && !isSame) check();
  context.rehearsed?.set(id, wanted);
  await storePairs(connection, qosSpecs, id, wanted, context, unchecked, true);
  if (origin === undefined || (root === null && origin.updated_at === null)) return;
  // The time of their last change is the latest of the rows below the root.
  const below = `WHERE specs_id = ? AND ${live.sql}`;
  const rows = isSame ? asObjects(await connection.all(`SELECT updated_at FROM ${qosSpecs.name} ${below}`, [id])) : [];
  if (!rows.every((row) => isLater(origin.updated_at, row))) return;
  const time = origin.updated_at === null ? null : storableTime(connection.dialect, origin.updated_at);
  await connection.run(`UPDATE ${qosSpecs.name} SET updated_at = ? ${below}`, [time, id]);
}
