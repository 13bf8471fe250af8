/** Errors of volume drivers and host connectors: failures of the storage or of this host. */
import { CinderlibError } from './base.ts';

/** The storage returned something unintelligible, or is in a state that the driver cannot work with. */
export class VolumeBackendAPIException extends CinderlibError {
  override readonly name = 'VolumeBackendAPIException';
  override readonly code = 'VOLUME_BACKEND_API_EXCEPTION';
}

/** This host lacks a program, a kernel module or an interface. `missing` names it; the message says how to get it. */
export class MissingDependency extends CinderlibError {
  override readonly name = 'MissingDependency';
  override readonly code = 'MISSING_DEPENDENCY';
  constructor(
    /** What this host lacks, such as `iscsiadm`. */
    readonly missing: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A program failed. `stderr` is its error output. Its arguments are left out, since they may contain secrets. */
export class CommandFailed extends CinderlibError {
  override readonly name = 'CommandFailed';
  override readonly code = 'COMMAND_FAILED';
  constructor(
    /** The name of the program. */
    readonly program: string,
    /** Null if a signal ended the program or it could not be started. */
    readonly exit_code: number | null,
    /** What it wrote to its error output. */
    readonly stderr: string,
    hint = '',
  ) {
    super(`${program} failed (${exit_code === null ? 'no exit code' : `exit code ${exit_code}`}): ${stderr}${hint}`);
  }
}

/** A program exceeded its time limit and was stopped. A half-done operation is undone as far as possible. */
export class CommandTimedOut extends CinderlibError {
  override readonly name = 'CommandTimedOut';
  override readonly code = 'COMMAND_TIMED_OUT';
  constructor(
    /** The name of the program. */
    readonly program: string,
    /** Its time limit. */
    readonly seconds: number,
  ) {
    super(
      `${program} was stopped after ${seconds} seconds. Find out what it waits for, such as a device that does not ` +
        'respond. For the commands of a backend, the option command_timeout sets the limit.',
    );
  }
}

/** The volume group of an LVM backend does not exist. */
export class VolumeGroupNotFound extends CinderlibError {
  override readonly name = 'VolumeGroupNotFound';
  override readonly code = 'VOLUME_GROUP_NOT_FOUND';
  constructor(
    /** The name of the volume group. */
    readonly volume_group: string,
  ) {
    super(`Volume group ${volume_group} could not be found. Create it with vgcreate, or set volume_group to another.`);
  }
}

/** The storage has too little free space for the operation. Nothing was created. */
export class StorageFull extends CinderlibError {
  override readonly name = 'StorageFull';
  override readonly code = 'STORAGE_FULL';
  constructor(
    /** The volume group, pool or folder that is full. */
    readonly place: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The volume or snapshot is in use, or snapshots depend on it. The storage was not changed. */
export class VolumeIsBusy extends CinderlibError {
  override readonly name = 'VolumeIsBusy';
  override readonly code = 'VOLUME_IS_BUSY';
  constructor(
    /** The volume's or snapshot's name on the storage, such as `volume-<id>`. */
    readonly volume_name: string,
    reason: string,
  ) {
    super(`${volume_name} ${reason}`);
  }
}

/** A volume or snapshot that the metadata refers to does not exist on the storage. */
export class VolumeDeviceNotFound extends CinderlibError {
  override readonly name = 'VolumeDeviceNotFound';
  override readonly code = 'VOLUME_DEVICE_NOT_FOUND';
  constructor(
    /** Its path. */
    readonly device: string,
  ) {
    super(`Volume device not found at ${device}. The storage has lost it, or the backend now uses other storage.`);
  }
}

/** A host's connector properties lack something that the driver needs. */
export class InvalidConnectorException extends CinderlibError {
  override readonly name = 'InvalidConnectorException';
  override readonly code = 'INVALID_CONNECTOR_EXCEPTION';
  constructor(
    /** The property that is missing, such as `initiator`. */
    readonly missing: string,
  ) {
    super(`Connector doesn't have required information: ${missing}`);
  }
}
