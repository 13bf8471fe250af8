/** Errors of databases and their media: files, locks, schema, engine. */
import { CinderlibError } from './base.ts';

/** The database or its folder cannot be opened: it is missing, is a folder, or access is denied. */
export class DatabaseUnavailable extends CinderlibError {
  override readonly name = 'DatabaseUnavailable';
  override readonly code = 'DATABASE_UNAVAILABLE';
  /** True if there is no such file, or no such database in the browser: opening it for writing creates it. */
  declare readonly missing?: true;
  constructor(
    message: string,
    /** The file or folder, or server and database without the password; null if unknown. */
    readonly path: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The file is not a SQLite database. It was left untouched. */
export class NotADatabase extends CinderlibError {
  override readonly name = 'NotADatabase';
  override readonly code = 'NOT_A_DATABASE';
  constructor(
    /** The file; in browsers, such as `indexeddb:name`. */
    readonly path: string,
    reason = 'file is not a database',
  ) {
    super(`${path}: ${reason}. The file was not changed.`);
  }
}

/** The database is corrupt: a page is missing or malformed. */
export class DatabaseCorrupt extends CinderlibError {
  override readonly name = 'DatabaseCorrupt';
  override readonly code = 'DATABASE_CORRUPT';
}

/** A database already exists where `from` was to create one. */
export class DatabaseExists extends CinderlibError {
  override readonly name = 'DatabaseExists';
  override readonly code = 'DATABASE_EXISTS';
}

/** Another program, tab or transaction holds a lock on the database; `pid` and `host` tell which, as far as known. */
export class DatabaseLocked extends CinderlibError {
  override readonly name = 'DatabaseLocked';
  override readonly code = 'DATABASE_LOCKED';
  constructor(
    message: string,
    /** The process that has it open; null if unknown. */
    readonly pid: number | null = null,
    /** The machine of that process; null if unknown. */
    readonly host: string | null = null,
  ) {
    super(message);
  }
}

/** Another program changed, replaced or deleted the file while it was open here. Nothing was written. */
export class DatabaseChanged extends CinderlibError {
  override readonly name = 'DatabaseChanged';
  override readonly code = 'DATABASE_CHANGED';
  constructor(
    message: string,
    /** The file; null if unknown. */
    readonly path: string | null = null,
  ) {
    super(message);
  }
}

/** A reader of `changes()` fell too far behind and missed some changes. */
export class ChangesMissed extends CinderlibError {
  override readonly name = 'ChangesMissed';
  override readonly code = 'CHANGES_MISSED';
  constructor(
    /** How many changes were waiting to be read. */
    readonly waiting: number,
  ) {
    super(
      `More than ${waiting} changes were waiting to be read from changes(). ` +
        'Call changes() again, then reload what you show.',
    );
  }
}

/**
 * Another tab or worker took over the database: it opened it at the same time, or this one did not respond. Nothing
 * was written.
 */
export class DatabaseTakenOver extends CinderlibError {
  override readonly name = 'DatabaseTakenOver';
  override readonly code = 'DATABASE_TAKEN_OVER';
  constructor(
    /** The name of the database. */
    readonly path: string,
  ) {
    super(`${path} was taken over by another tab or worker: nothing was written. Open it again.`);
  }
}

/** A write to a database that was opened with `read_only`, or to a server that accepts no writes. */
export class ReadOnly extends CinderlibError {
  override readonly name = 'ReadOnly';
  override readonly code = 'READ_ONLY';
  constructor(
    /** The file, or server and database without the password. */
    readonly path: string,
    message = `${path} was opened with read_only, so it cannot be changed. Open it without that option.`,
  ) {
    super(message);
  }
}

/** The server denied access: the password is wrong, or the user lacks a privilege. Nothing was changed. */
export class AccessDenied extends CinderlibError {
  override readonly name = 'AccessDenied';
  override readonly code = 'ACCESS_DENIED';
  constructor(
    message: string,
    /** Server and database without the password; null if unknown. */
    readonly path: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** `setPersistence` switched to the new storage, but the old one could not be closed; `cause` says why. */
export class OldStorageNotClosed extends CinderlibError {
  override readonly name = 'OldStorageNotClosed';
  override readonly code = 'OLD_STORAGE_NOT_CLOSED';
  constructor(used: string, old: string, cause: unknown) {
    super(
      `The storage '${used}' is in use now, but the old one, '${old}', could not be closed: ` +
        `${cause instanceof Error ? cause.message : String(cause)}. ` +
        'Check that it holds the changes that it acknowledged.',
      { cause },
    );
  }
}

/**
 * A change would violate a foreign key: a row would refer to one that is not stored, or a deleted row is still referred
 * to. Nothing was changed.
 */
export class MissingReference extends CinderlibError {
  override readonly name = 'MissingReference';
  override readonly code = 'MISSING_REFERENCE';
}

/** A package that the storage needs is not installed, or a file of this one cannot be loaded. */
export class PackageMissing extends CinderlibError {
  override readonly name = 'PackageMissing';
  override readonly code = 'PACKAGE_MISSING';
  constructor(
    /** The name of the package: `mysql2`, `pg` or `cinderlib-wasm`. */
    readonly package_name: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Reading or writing a file failed: disk full, I/O error, too many open files, permission denied. */
export class StorageFailure extends CinderlibError {
  override readonly name = 'StorageFailure';
  override readonly code = 'STORAGE_FAILURE';
  constructor(
    message: string,
    /** The file that could not be read or written; null if unknown. */
    readonly path: string | null = null,
    /** The system's error code: `ENOSPC`, `EIO`, `EACCES`…; in browsers, a name such as `QuotaExceeded`. */
    readonly errno: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The tables in the database are not in a state that this library can use or upgrade. */
export class SchemaError extends CinderlibError {
  override readonly name = 'SchemaError';
  override readonly code = 'SCHEMA_ERROR';
  /** The file or the URL of the database, without a password; in browsers, such as `indexeddb:name`. */
  declare readonly path?: string;
  /** True if it was opened read-only and has no Cinder tables yet: opening it for writing creates them. */
  declare readonly empty?: true;
  /** A table of another program, if it then has some: perhaps it is not the database that was meant. */
  declare readonly other_table?: string | undefined;
}

/** The database rejected a statement. */
export class DatabaseError extends CinderlibError {
  override readonly name = 'DatabaseError';
  override readonly code = 'DATABASE_ERROR';
}

/** The SQLite engine is not the build that this library was tested with. */
export class EngineMismatch extends CinderlibError {
  override readonly name = 'EngineMismatch';
  override readonly code = 'ENGINE_MISMATCH';
}
