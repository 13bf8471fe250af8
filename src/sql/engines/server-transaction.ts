/** The connection that a work on a server is given: it lasts as long as the work, and remembers what went wrong. */
import { DatabaseError } from '../../errors/index.ts';
import type { RowSet } from '../../rpc/contract.ts';
import type { Dialect } from '../dialect.ts';
import type { SqlConnection, SqlParameters } from '../engine.ts';
import { refuseLoneSurrogates } from './lone-surrogates.ts';
import type { Fault } from './server-driver.ts';

/** Asks the server, and throws a {@link ServerFault} when that fails. */
export interface Asking {
  all(sql: string, parameters: SqlParameters): Promise<RowSet>;
  run(sql: string, parameters: SqlParameters): Promise<number>;
}

/** A failure on its way to whoever decides about another attempt. Works get the error in it. */
export class ServerFault extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.error.message);
    this.fault = fault;
  }
}

export class ServerTransaction implements SqlConnection {
  readonly dialect: Dialect;
  readonly #asking: Asking;
  #ended = false;
  #fault: Fault | null = null;

  constructor(dialect: Dialect, asking: Asking) {
    this.dialect = dialect;
    this.#asking = asking;
  }

  all(sql: string, parameters: SqlParameters = []): Promise<RowSet> {
    return this.#use(sql, parameters, () => this.#asking.all(sql, parameters));
  }

  run(sql: string, parameters: SqlParameters = []): Promise<number> {
    return this.#use(sql, parameters, () => this.#asking.run(sql, parameters));
  }

  /** Runs a work to its end. Throws what it throws, or the fault behind that. */
  async attempt<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    try {
      const value = await work(this);
      // A work may have caught what the transaction does not survive.
      if (this.#fault !== null) throw this.#fault.error;
      return value;
    } catch (error) {
      throw this.#fault === null ? error : new ServerFault({ kind: this.#fault.kind, error: this.#fault.error });
    } finally {
      this.#ended = true;
    }
  }

  async #use<T>(sql: string, parameters: SqlParameters, ask: () => Promise<T>): Promise<T> {
    if (this.#ended) throw new DatabaseError(`The transaction has ended; it cannot run: ${sql}`);
    if (this.#fault !== null) throw this.#fault.error;
    for (const value of parameters) if (typeof value === 'string') refuseLoneSurrogates(value);
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ServerFault)) throw error;
      // What is wrong with one statement is the work's own affair: it may know more about it.
      if (error.fault.kind !== 'refused') this.#fault = error.fault;
      throw error.fault.error;
    }
  }
}
