/** Refuses what no storage can store, before anything is stored. */
import { listArgument, requireModel } from '../arguments.ts';

/** Refuses a list that contains anything but volumes, snapshots and connections. */
export function refuseUnstorable(method: string, resources: readonly unknown[]): void {
  for (const one of listArgument(method, resources))
    requireModel(method, one, 'Volume', 'Snapshot', 'VolumeAttachment');
}
