/** What no storage can store: checked before anything is stored. */
import { givenList, refuseOthers } from '../given.ts';

/** Refuses a list in which anything is no object of ours. */
export function refuseUnstorable(resources: unknown): void {
  for (const one of givenList('setAll', resources))
    refuseOthers('setAll', one, 'Volume', 'Snapshot', 'VolumeAttachment');
}
