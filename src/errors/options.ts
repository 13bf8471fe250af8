/** Errors about what the caller configured: options, storages, URLs. */
import { CinderlibError } from './base.ts';

/** An option of `setup`, of a backend or of a call has a wrong name, type or value. */
export class InvalidOption extends CinderlibError {
  override readonly name = 'InvalidOption';
  override readonly code = 'INVALID_OPTION';
}

/** `persistence_config` names no storage that there is, or a storage cannot take its options. */
export class InvalidPersistence extends CinderlibError {
  override readonly name = 'InvalidPersistence';
  override readonly code = 'INVALID_PERSISTENCE';
}

/** A `connection` that is not a database URL, or not one of a database that this runtime can open. */
export class InvalidUrl extends CinderlibError {
  override readonly name = 'InvalidUrl';
  override readonly code = 'INVALID_URL';
}

/** No volume driver has that name. */
export class VolumeDriverNotFound extends CinderlibError {
  override readonly name = 'VolumeDriverNotFound';
  override readonly code = 'VOLUME_DRIVER_NOT_FOUND';
}

/** A plugin or driver left out a method that its contract asks for. */
export class NotImplemented extends CinderlibError {
  override readonly name = 'NotImplemented';
  override readonly code = 'NOT_IMPLEMENTED';
}

/** The context was closed; nothing can be asked of it or of its objects any more. */
export class ContextClosed extends CinderlibError {
  override readonly name = 'ContextClosed';
  override readonly code = 'CONTEXT_CLOSED';
}
