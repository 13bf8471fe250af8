/**
 * The contract of a server's driver: what {@link ServerEngine} needs from the packages `mysql2` and `pg`.
 *
 * To add one, model it on `postgres.ts`. A session passes on its package's errors as they are; the driver
 * interprets them.
 */
import type { CinderlibError } from '../../../errors/index.ts';
import type { RowSet, ServerConfig } from '../../../rpc/contract.ts';
import type { SqlParameters } from '../../engine.ts';

/** One connection to the server. */
export interface ServerSession {
  /** False once the connection has ended, whoever ended it. */
  readonly isUsable: boolean;
  all(sql: string, parameters: SqlParameters): Promise<RowSet>;
  run(sql: string, parameters: SqlParameters): Promise<number>;
  /** Sets whether the connection keeps the process alive: it does while it is in use. */
  keepAlive(keep: boolean): void;
  /** Closes the connection in an orderly way. */
  close(): Promise<void>;
  /** Ends the connection at once; whatever is under way fails. */
  destroy(): void;
}

/**
 * What a failure means for its transaction:
 * - `conflict`: the server has rolled it back because of a concurrent one; it can be retried
 * - `duplicate`: a concurrent transaction inserted the same key first; a retry finds the row
 * - `lost`: the connection is gone or was never there, and with it the transaction
 * - `timeout`: no answer in time
 * - `refused`: only this statement failed, and it would fail again
 */
export type FaultKind = 'conflict' | 'duplicate' | 'lost' | 'timeout' | 'refused';

export interface Fault {
  readonly kind: FaultKind;
  readonly error: CinderlibError;
}

/** What a server says about itself. */
export interface ServerFacts {
  /** `mariadb`, `mysql` or `postgresql`. */
  readonly name: string;
  readonly version: string;
  /** Whether it flushes a commit to its disk before acknowledging it. */
  readonly durable: boolean;
}

export interface ServerDriver {
  readonly dialect: ServerConfig['dialect'];
  /** Milliseconds that a statement may take; 0 is no limit, null one that only the server knows. */
  readonly statementTimeout: number | null;
  /** The statements that begin a transaction which sees what others have committed, and locks what it changes. */
  readonly beginWriting: readonly string[];
  /** The statements that begin one which sees a single state of the database, and changes nothing. */
  readonly beginReading: readonly string[];
  /** The statement that returns the size of the database in bytes. */
  readonly sizeQuery: string;
  connect(): Promise<ServerSession>;
  facts(session: ServerSession): Promise<ServerFacts>;
  /** @param sql the statement that failed; null when there was none yet */
  fault(error: unknown, sql: string | null): Fault;
}
