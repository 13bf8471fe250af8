/** Refuses what no storage can store, before anything is stored. */
import { givenList, refuseOthers } from '../given.ts';

/** Refuses a list that contains anything but volumes, snapshots and connections. */
export function refuseUnstorable(resources: unknown): void {
  for (const one of givenList('setAll', resources))
    refuseOthers('setAll', one, 'Volume', 'Snapshot', 'VolumeAttachment');
}
