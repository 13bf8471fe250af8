/**
 * The contract of a server's driver: what {@link ServerEngine} needs of the packages `mysql2` and `pg`.
 *
 * To add one imitate `postgres.ts`. A session passes on the errors of its package as they are, and the driver
 * says what they mean.
 */
import type { CinderlibError } from '../../errors/index.ts';
import type { RowSet, ServerConfig } from '../../rpc/contract.ts';
import type { SqlParameters } from '../engine.ts';

/** One connection to the server. */
export interface ServerSession {
  /** False once the connection has ended, by whomever. */
  readonly isUsable: boolean;
  all(sql: string, parameters: SqlParameters): Promise<RowSet>;
  run(sql: string, parameters: SqlParameters): Promise<number>;
  /** Whether the connection keeps the process alive: it does while somebody uses it. */
  keepAlive(keep: boolean): void;
  /** Says goodbye to the server. */
  close(): Promise<void>;
  /** Ends the connection at once; whatever is under way fails. */
  destroy(): void;
}

/**
 * What a failure means for the transaction that it happened in:
 * - `conflict`: the server has undone it because of somebody else's; it can be repeated
 * - `duplicate`: somebody else was faster with the same key; repeated, it finds the row
 * - `lost`: the connection is gone or was never there, and with it the transaction
 * - `late`: no answer in time
 * - `refused`: nothing but this statement failed, and would fail again
 */
export type FaultKind = 'conflict' | 'duplicate' | 'lost' | 'late' | 'refused';

export interface Fault {
  readonly kind: FaultKind;
  readonly error: CinderlibError;
}

/** What a server says of itself. */
export interface ServerFacts {
  /** `mariadb`, `mysql` or `postgresql`. */
  readonly name: string;
  readonly version: string;
  /** Whether it writes what it has acknowledged to its disk before that. */
  readonly durable: boolean;
}

export interface ServerDriver {
  readonly dialect: ServerConfig['dialect'];
  /** The statements that begin a transaction that sees what others have committed, and locks what it changes. */
  readonly beginWriting: readonly string[];
  /** The statements that begin one that sees a single state of the database, and changes nothing. */
  readonly beginReading: readonly string[];
  /** The statement that tells the bytes of the database. */
  readonly sizeQuery: string;
  connect(): Promise<ServerSession>;
  facts(session: ServerSession): Promise<ServerFacts>;
  /** @param sql the statement that failed; null when there was none yet */
  fault(error: unknown, sql: string | null): Fault;
}
