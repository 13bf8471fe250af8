/** All errors that users can cause. */
export {
  CommandFailed,
  CommandTimedOut,
  InvalidConnectorException,
  MissingDependency,
  StorageFull,
  VolumeBackendAPIException,
  VolumeDeviceNotFound,
  VolumeGroupNotFound,
  VolumeIsBusy,
} from './backend.ts';
export { CinderlibError, isCinderlibError } from './base.ts';
export { MigrationConflict, SourceChanged } from './migration.ts';
export {
  BackendNotPresent,
  ConnectionNotFound,
  SnapshotNotFound,
  VolumeNotFound,
  VolumeTypeNotFoundByName,
} from './not-found.ts';
export { DeviceUnavailable, DuplicateEntry, InvalidVolume, NotLocal, VolumeTypeUpdateFailed } from './operations.ts';
export {
  ContextClosed,
  InvalidOption,
  InvalidPersistence,
  InvalidUrl,
  NotImplemented,
  VolumeDriverNotFound,
} from './options.ts';
export {
  AccessDenied,
  ChangesMissed,
  DatabaseChanged,
  DatabaseCorrupt,
  DatabaseError,
  DatabaseExists,
  DatabaseLocked,
  DatabaseTakenOver,
  DatabaseUnavailable,
  EngineMismatch,
  MissingReference,
  NotADatabase,
  OldStorageNotClosed,
  PackageMissing,
  ReadOnly,
  SchemaError,
  StorageFailure,
} from './storage.ts';
export {
  IncompatibleObjectVersion,
  InvalidDump,
  InvalidQoSSpecs,
  InvalidVersion,
  JSONDecodeError,
  ObjectActionError,
  UnsupportedObjectError,
  ValueError,
} from './values.ts';
export { OutcomeUnknown, WorkerLost } from './worker.ts';
