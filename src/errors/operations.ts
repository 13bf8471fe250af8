/** Errors of operations on volumes, snapshots, connections and volume types. */
import { CinderlibError } from './base.ts';

/** The state of the volume does not allow the operation: deleting it while it has snapshots, for instance. */
export class InvalidVolume extends CinderlibError {
  override readonly name = 'InvalidVolume';
  override readonly code = 'INVALID_VOLUME';
  constructor(reason: string) {
    super(`Invalid volume: ${reason}`);
  }
}

/** `volume.detach` found that the volume was not attached through this object; its connection can be detached. */
export class NotLocal extends CinderlibError {
  override readonly name = 'NotLocal';
  override readonly code = 'NOT_LOCAL';
  constructor(
    /** The id of the volume. */
    readonly volume_id: string,
  ) {
    super(`Volume ${volume_id} doesn't seem to be attached locally.`);
  }
}

/** Attaching a volume produced no usable device. */
export class DeviceUnavailable extends CinderlibError {
  override readonly name = 'DeviceUnavailable';
  override readonly code = 'DEVICE_UNAVAILABLE';
}

/** A volume's extra specs or QoS specs were to change the type `__DEFAULT__`, which all volumes share. */
export class VolumeTypeUpdateFailed extends CinderlibError {
  override readonly name = 'VolumeTypeUpdateFailed';
  override readonly code = 'VOLUME_TYPE_UPDATE_FAILED';
  constructor(
    /** The name of the type: `__DEFAULT__`. */
    readonly volume_type: string,
  ) {
    super(`Cannot update volume_type ${volume_type}`);
  }
}

/** The id is taken by a stored object, or by a row marked as deleted, whose id is not reused. */
export class DuplicateEntry extends CinderlibError {
  override readonly name = 'DuplicateEntry';
  override readonly code = 'DUPLICATE_ENTRY';
}
