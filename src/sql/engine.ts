/**
 * The contract of a SQL engine: what the core needs from SQLite, MariaDB or PostgreSQL.
 *
 * To add an engine, model it on `engines/sqlite/sqlite.ts`. Statements carry `?` placeholders; values are always
 * bound, never written into the text.
 */
import type { LockFile, RowSet, SqlValue, StorageInfo } from '../rpc/contract.ts';
import type { Dialect } from './dialect.ts';
import type { SchemaAdapter } from './schema/schema-adapter.ts';

export type SqlParameters = readonly SqlValue[];

/** The connection that a piece of work runs on. */
export interface SqlConnection {
  readonly dialect: Dialect;
  /** False in a transaction that only reads, which may lock no row. */
  readonly mayLock?: false;
  /** Runs one statement and returns all its rows. */
  all(sql: string, parameters?: SqlParameters): Promise<RowSet>;
  /** Runs one statement and returns how many rows it changed. */
  run(sql: string, parameters?: SqlParameters): Promise<number>;
}

export type Work<T> = (connection: SqlConnection) => Promise<T>;

export interface SqlEngine extends SqlConnection {
  /** How its schema is inspected and created; absent for SQLite. */
  readonly schemaAdapter?: SchemaAdapter;
  /** Runs work that only reads: it sees one consistent state of the database, whoever else writes. */
  read<T>(work: Work<T>): Promise<T>;
  /** Runs `work` in one transaction of its own: committed and durable when it resolves, rolled back when it throws. */
  transaction<T>(work: Work<T>): Promise<T>;
  /**
   * Runs several independent pieces of work, each all-or-nothing, and makes those that succeed durable
   * together, with a single flush. Settles like `Promise.allSettled`, in order.
   */
  group<T>(works: readonly Work<T>[]): Promise<PromiseSettledResult<T>[]>;
  /** Releases everything; the database at rest is complete. Idempotent. */
  close(): Promise<void>;
}

/** An engine, and what the core needs to know about the database it opened. */
export interface CoreEngine extends SqlEngine {
  /** The database's name in messages, without a password. */
  readonly path: string;
  /** The version of the engine itself. */
  readonly version: string;
  /** The server that holds the database; absent for SQLite, whose durability follows from the configuration. */
  readonly server?: { readonly name: string; readonly durable: boolean };
  /** Whether queued reads may run concurrently. */
  readonly readsAtOnce?: boolean;
  /** Bytes of the main database file, or of the database on its server. */
  readonly size: number | null | Promise<number | null>;
  readonly readOnly: boolean;
  /** How access by other programs to the same file is handled. */
  readonly nativeLocks: StorageInfo['native_locks'];
  /** The lock file that keeps other users of this library out; null where none is needed. */
  readonly lockFile: LockFile | null;
  /** @throws {DatabaseChanged} when another file, or none, has the name of the one that was opened */
  checkFile(): void;
  /** The whole database as one file. */
  bytes(): Promise<Uint8Array>;
  /** Makes all later reads see one state of the database, whoever writes. Absent where nobody writes between reads. */
  holdState?(): void;
  /** Accepts the database as another program left it. */
  refresh(): Promise<void>;
  /** Releases the file handles at once, whatever is pending; false when it cannot. */
  drop?(): boolean;
  /**
   * Closes a database that opening created, and removes its file unless another program has written to it.
   * Absent where there is no file.
   */
  discard?(): Promise<void>;
}
