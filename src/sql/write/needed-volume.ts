/** Refuses a new snapshot or connection of a volume that is gone: SQLite checks no references, and servers no marks. */
import { VolumeNotFound } from '../../errors/index.ts';
import type { RowChange } from '../../rpc/contract.ts';
import type { SqlConnection } from '../engine.ts';
import { isLive, lockRow } from '../rows.ts';
import { volumes } from '../schema/columns.ts';

/** @throws VolumeNotFound if the change needs a volume that another program or object has deleted */
export async function refuseOrphan(
  connection: SqlConnection,
  { needs_volume = false, values }: RowChange,
): Promise<void> {
  if (!needs_volume) return;
  const id = values['volume_id'] ?? null;
  // Locked: until the new row is stored, nobody can delete the volume.
  if (!isLive(await lockRow(connection, volumes, id))) throw new VolumeNotFound(String(id));
}
