/** Errors of the storage underneath: files, locks, schema, engine. */
import { CinderlibError } from './base.ts';

/** The database, or the folder it is to live in, cannot be opened: missing, a folder, not permitted. */
export class DatabaseUnavailable extends CinderlibError {
  override readonly name = 'DatabaseUnavailable';
  override readonly code = 'DATABASE_UNAVAILABLE';
  constructor(
    message: string,
    readonly path: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The file is no SQLite database. It was not touched. */
export class NotADatabase extends CinderlibError {
  override readonly name = 'NotADatabase';
  override readonly code = 'NOT_A_DATABASE';
  constructor(
    readonly path: string,
    reason = 'file is not a database',
  ) {
    super(`${path}: ${reason}. The file was left as it is.`);
  }
}

/** The database is damaged: a page is missing or makes no sense. */
export class DatabaseCorrupt extends CinderlibError {
  override readonly name = 'DatabaseCorrupt';
  override readonly code = 'DATABASE_CORRUPT';
}

/** There is a database already where `from` was to make a new one. */
export class DatabaseExists extends CinderlibError {
  override readonly name = 'DatabaseExists';
  override readonly code = 'DATABASE_EXISTS';
}

/** Somebody else has the database open; `pid` and `host` say who, as far as that is known. */
export class DatabaseLocked extends CinderlibError {
  override readonly name = 'DatabaseLocked';
  override readonly code = 'DATABASE_LOCKED';
  constructor(
    message: string,
    readonly pid: number | null = null,
    readonly host: string | null = null,
  ) {
    super(message);
  }
}

/** Another program changed, replaced or removed the file while it was open here. Nothing was written. */
export class DatabaseChanged extends CinderlibError {
  override readonly name = 'DatabaseChanged';
  override readonly code = 'DATABASE_CHANGED';
  constructor(
    message: string,
    readonly path: string | null = null,
  ) {
    super(message);
  }
}

/** A reader of `changes()` was too far behind, so that it was not told of all of them. */
export class ChangesMissed extends CinderlibError {
  override readonly name = 'ChangesMissed';
  override readonly code = 'CHANGES_MISSED';
  constructor(readonly waiting: number) {
    super(
      `More than ${waiting} changes waited to be taken from changes(). ` +
        'Call changes() again, then read what you show anew.',
    );
  }
}

/** Another tab took the database over from this one, which did not answer. Nothing was written. */
export class DatabaseTakenOver extends CinderlibError {
  override readonly name = 'DatabaseTakenOver';
  override readonly code = 'DATABASE_TAKEN_OVER';
  constructor(readonly path: string) {
    super(`${path} was taken over by another tab or worker: nothing was written. Open it again.`);
  }
}

/** A change was asked of a database that was opened with `read_only`, or of a server that takes none. */
export class ReadOnly extends CinderlibError {
  override readonly name = 'ReadOnly';
  override readonly code = 'READ_ONLY';
  constructor(
    readonly path: string,
    message = `${path} was opened with read_only, and nothing of it can be changed. Open it without that option.`,
  ) {
    super(message);
  }
}

/** The server refuses the user: a wrong password, or a right that the user does not have. Nothing was changed. */
export class AccessDenied extends CinderlibError {
  override readonly name = 'AccessDenied';
  override readonly code = 'ACCESS_DENIED';
  constructor(
    message: string,
    readonly path: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** `setPersistence` has gone over to the new storage, and the old one could not be closed; `cause` says why. */
export class OldStorageNotClosed extends CinderlibError {
  override readonly name = 'OldStorageNotClosed';
  override readonly code = 'OLD_STORAGE_NOT_CLOSED';
  constructor(used: string, old: string, cause: unknown) {
    super(
      `The storage '${used}' is in use now, but the old one, '${old}', could not be closed: ` +
        `${cause instanceof Error ? cause.message : String(cause)}. ` +
        'What it had acknowledged may still have to be looked for there.',
      { cause },
    );
  }
}

/** A row was to refer to one that is not stored, or to lose one that still refers to it. Nothing was changed. */
export class MissingReference extends CinderlibError {
  override readonly name = 'MissingReference';
  override readonly code = 'MISSING_REFERENCE';
}

/** A package that this storage needs is not installed. */
export class PackageMissing extends CinderlibError {
  override readonly name = 'PackageMissing';
  override readonly code = 'PACKAGE_MISSING';
  constructor(
    readonly package_name: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A read or write of a file failed: disk full, input/output error, too many files, no permission. */
export class StorageFailure extends CinderlibError {
  override readonly name = 'StorageFailure';
  override readonly code = 'STORAGE_FAILURE';
  constructor(
    message: string,
    readonly path: string | null = null,
    /** The system's own word for it: `ENOSPC`, `EIO`, `EACCES`…; in browsers such as `QuotaExceeded`. */
    readonly errno: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The database holds tables that are not in a state that this library can use, or ever alters. */
export class SchemaError extends CinderlibError {
  override readonly name = 'SchemaError';
  override readonly code = 'SCHEMA_ERROR';
}

/** A statement that the database refused. */
export class DatabaseError extends CinderlibError {
  override readonly name = 'DatabaseError';
  override readonly code = 'DATABASE_ERROR';
}

/** The SQLite engine is not the one that this library was built and tested with. */
export class EngineMismatch extends CinderlibError {
  override readonly name = 'EngineMismatch';
  override readonly code = 'ENGINE_MISMATCH';
}
