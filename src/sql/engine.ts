/**
 * The contract of a SQL engine: what the core needs from SQLite, MariaDB or PostgreSQL.
 *
 * To add an engine, model it on `engines/sqlite.ts`. Statements carry `?` placeholders; values are always
 * bound, never written into the text.
 */
import type { RowSet, SqlValue } from '../rpc/contract.ts';
import type { Dialect } from './dialect.ts';
import type { SchemaAdapter } from './schema/schema-adapter.ts';

export type SqlParameters = readonly SqlValue[];

/** The connection that a piece of work runs on. */
export interface SqlConnection {
  readonly dialect: Dialect;
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
