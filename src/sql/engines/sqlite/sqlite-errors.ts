/** Turns SQLite's result codes into this library's errors. */
import {
  type CinderlibError,
  DatabaseError,
  DatabaseLocked,
  DatabaseUnavailable,
  NotADatabase,
  StorageFailure,
} from '../../../errors/index.ts';
import { damaged } from '../../../media/damaged.ts';
import { Code } from '../../../vfs/codes.ts';
import { shownSql } from '../shown-sql.ts';

interface SqliteFault {
  readonly code: number;
  /** SQLite's own words. */
  readonly message: string;
  readonly sql: string;
  readonly path: string;
  /** What the medium threw while the statement ran. */
  readonly failure: CinderlibError | null;
}

/** The error for a statement that failed. */
export function sqliteError({ code, message, sql, path, failure }: SqliteFault): CinderlibError {
  // There is no sqlite3_extended_errcode; the medium's own error says more than the codes would.
  const primary = code & 0xff;
  if (failure !== null && primary !== Code.constraint && primary !== Code.error) return failure;
  switch (primary) {
    case Code.notADatabase:
      return new NotADatabase(path);
    case Code.corrupt:
      return damaged(path, message);
    case Code.full:
    case Code.ioError:
      return new StorageFailure(`Cannot use ${path}: ${message}.`, path);
    case Code.noMemory:
      return new StorageFailure(`Cannot use ${path}: SQLite is out of memory.`, path, 'ENOMEM');
    case Code.cantOpen:
    case Code.readOnly:
      return new DatabaseUnavailable(`Cannot use ${path}: ${message}.`, path);
    case Code.busy:
    case Code.locked:
      return new DatabaseLocked(`${path} is in use: ${message}.`);
    default:
      return new DatabaseError(`${message}: ${shownSql(sql)}`);
  }
}
