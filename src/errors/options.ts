/** Errors about configuration: options, storages, URLs. */
import { CinderlibError } from './base.ts';

/** An option of `setup`, of a backend or of a call has a wrong name, type or value. */
export class InvalidOption extends CinderlibError {
  override readonly name = 'InvalidOption';
  override readonly code = 'INVALID_OPTION';
}

/**
 * `persistence_config` names an unknown storage, or gives a storage wrong options; or a getter of a plugin gave something
 * else than the library's objects.
 */
export class InvalidPersistence extends CinderlibError {
  override readonly name = 'InvalidPersistence';
  override readonly code = 'INVALID_PERSISTENCE';
}

/** `connection` is not a database URL, or names a database that this runtime cannot open. */
export class InvalidUrl extends CinderlibError {
  override readonly name = 'InvalidUrl';
  override readonly code = 'INVALID_URL';
}

/** No volume driver has that name. */
export class VolumeDriverNotFound extends CinderlibError {
  override readonly name = 'VolumeDriverNotFound';
  override readonly code = 'VOLUME_DRIVER_NOT_FOUND';
}

/** A plugin or driver lacks a method that its contract requires, or no connector does what `attach` needs. */
export class NotImplemented extends CinderlibError {
  override readonly name = 'NotImplemented';
  override readonly code = 'NOT_IMPLEMENTED';
}

/** The context is closed; it and its objects can no longer be used. */
export class ContextClosed extends CinderlibError {
  override readonly name = 'ContextClosed';
  override readonly code = 'CONTEXT_CLOSED';
}
