/** `info`: the kind of a storage, and how much it contains. */
import type { ContextInfo } from '../../cinderlib.ts';
import { DatabasePersistence } from '../../persistence/database.ts';
import type { PersistenceDriver } from '../../persistence/driver.ts';
import { readKeyValues } from '../../persistence/read-key-values.ts';
import { readConnections, readSnapshots } from '../../persistence/read-objects.ts';
import type { Output, Row } from '../output.ts';
import type { LookedAt } from '../storages.ts';

export async function info(
  output: Output,
  looked: Pick<LookedAt, 'storage' | 'info' | 'hidden'>,
  argument: string,
): Promise<void> {
  const { storage } = looked;
  const { versions, ...facts } = await looked.info();
  const counts = storage instanceof DatabasePersistence ? await tableCounts(storage) : await readCounts(storage);
  if (output.json) await output.printJson({ url: argument, ...facts, versions, counts, not_shown: [...looked.hidden] });
  else await output.printFields({ url: argument, ...told(facts), ...versions, ...counts });
}

/** Omits facts about a read-only connection itself rather than the storage; only JSON contains them. */
function told({ leader, persisted, native_locks, ...facts }: Omit<ContextInfo, 'versions'>): Row {
  return facts.read_only ? facts : { ...facts, leader, persisted, native_locks };
}

async function tableCounts(storage: DatabasePersistence): Promise<Row> {
  const { tables } = await storage.examine({ integrity: false });
  const live = (name: string): number => tables.find(({ table }) => table === name)?.live ?? 0;
  return {
    volumes: live('volumes'),
    snapshots: live('snapshots'),
    connections: live('volume_attachment'),
    key_values: live('cinderlib_persistence_key_value'),
    volume_types: live('volume_types'),
    deleted_volumes: tables.find(({ table }) => table === 'volumes')?.deleted ?? 0,
  };
}

async function readCounts(storage: PersistenceDriver): Promise<Row> {
  let volumes = 0;
  for await (const _ of storage.iterateVolumes()) volumes++;
  return {
    volumes,
    snapshots: (await readSnapshots(storage, {})).length,
    connections: (await readConnections(storage, {})).length,
    key_values: (await readKeyValues(storage)).length,
  };
}
