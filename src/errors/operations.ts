/** Errors of operations on volumes, snapshots, connections and their types. */
import { CinderlibError } from './base.ts';

/** The volume is in no state for the operation, for instance deleting one that has snapshots. */
export class InvalidVolume extends CinderlibError {
  override readonly name = 'InvalidVolume';
  override readonly code = 'INVALID_VOLUME';
  constructor(reason: string) {
    super(`Invalid volume: ${reason}`);
  }
}

/** A detach of a volume that is not attached here. */
export class NotLocal extends CinderlibError {
  override readonly name = 'NotLocal';
  override readonly code = 'NOT_LOCAL';
  constructor(readonly volume_id: string) {
    super(`Volume ${volume_id} doesn't seem to be attached locally.`);
  }
}

/** The device that an attach produced cannot be used. */
export class DeviceUnavailable extends CinderlibError {
  override readonly name = 'DeviceUnavailable';
  override readonly code = 'DEVICE_UNAVAILABLE';
}

/** The type `__DEFAULT__` belongs to all volumes: it takes no extra specs and no QoS specs of one of them. */
export class VolumeTypeUpdateFailed extends CinderlibError {
  override readonly name = 'VolumeTypeUpdateFailed';
  override readonly code = 'VOLUME_TYPE_UPDATE_FAILED';
  constructor(readonly volume_type: string) {
    super(`Cannot update volume_type ${volume_type}`);
  }
}

/** That id is taken: by an object that is stored, or by a row that is marked as deleted, whose id is not used again. */
export class DuplicateEntry extends CinderlibError {
  override readonly name = 'DuplicateEntry';
  override readonly code = 'DUPLICATE_ENTRY';
}
