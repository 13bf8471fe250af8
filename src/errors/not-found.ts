/** Errors about objects that do not exist. */
import { CinderlibError } from './base.ts';

/** Shortens an id for a message: Cinder's have 36 characters, and no column holds more than 255. */
function short(id: unknown): string {
  const text = String(id);
  return text.length > 255 ? `${text.slice(0, 36)}… (${text.length} characters)` : text;
}

/** No volume has that id; deleted ones do not count. */
export class VolumeNotFound extends CinderlibError {
  override readonly name = 'VolumeNotFound';
  override readonly code = 'VOLUME_NOT_FOUND';
  constructor(
    /** The id that was looked up. */
    readonly volume_id: string,
    options?: ErrorOptions,
  ) {
    super(`Volume ${short(volume_id)} could not be found.`, options);
  }
}

/** No snapshot has that id; deleted ones do not count. */
export class SnapshotNotFound extends CinderlibError {
  override readonly name = 'SnapshotNotFound';
  override readonly code = 'SNAPSHOT_NOT_FOUND';
  constructor(
    /** The id that was looked up. */
    readonly snapshot_id: string,
  ) {
    super(`Snapshot ${short(snapshot_id)} could not be found.`);
  }
}

/** No connection has that id; deleted ones do not count. Cinder calls a connection a volume attachment. */
export class ConnectionNotFound extends CinderlibError {
  override readonly name = 'ConnectionNotFound';
  override readonly code = 'CONNECTION_NOT_FOUND';
  constructor(
    /** The id that was looked up. */
    readonly connection_id: string,
  ) {
    super(`Volume attachment could not be found with filter: id=${short(connection_id)}.`);
  }
}

/** The database has no volume type of that name, such as `__DEFAULT__`; deleted ones do not count. */
export class VolumeTypeNotFoundByName extends CinderlibError {
  override readonly name = 'VolumeTypeNotFoundByName';
  override readonly code = 'VOLUME_TYPE_NOT_FOUND_BY_NAME';
  /** The database, as in `SchemaError`; the message is the original's, which does not name it. */
  declare readonly path?: string;
  /** Whether the database has such a type, marked as deleted. */
  declare readonly deleted?: boolean;
  constructor(
    /** The name that was looked up. */
    readonly volume_type_name: string,
  ) {
    super(`Volume type with name ${volume_type_name} could not be found.`);
  }
}

/** The backend is neither initialised nor described with enough options to initialise it. */
export class BackendNotPresent extends CinderlibError {
  override readonly name = 'BackendNotPresent';
  override readonly code = 'BACKEND_NOT_PRESENT';
  constructor(
    /** The name of the backend. */
    readonly backend_name: string,
    message = 'Backend not present in system or json. ' +
      `Initialise '${short(backend_name)}' with cl.backend(), or call setup() with fail_on_missing_backend: false.`,
  ) {
    super(message);
  }
}
