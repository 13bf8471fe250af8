/** Refuses what no storage can store, before anything is stored. */
import { listArgument, requireModel } from '../arguments.ts';
import { InvalidOption } from '../errors/index.ts';
import type { Storable } from './driver.ts';

/** Refuses a list with anything but volumes, snapshots and connections, and those without an id, which a dump may hold. */
export function refuseUnstorable(method: string, resources: readonly Storable[]): void {
  for (const one of listArgument(method, resources)) {
    requireModel(method, one, 'Volume', 'Snapshot', 'VolumeAttachment');
    if (!one.ovo.isSet('id'))
      throw new InvalidOption(`${method}() takes objects with an id: this ${one.ovo.model.name} has none.`);
  }
}
