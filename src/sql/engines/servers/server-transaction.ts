/** The connection that work on a server is given: valid until the work ends, it remembers what went wrong. */
import { DatabaseError } from '../../../errors/index.ts';
import type { RowSet } from '../../../rpc/contract.ts';
import type { Dialect } from '../../dialect.ts';
import type { SqlConnection, SqlParameters } from '../../engine.ts';
import { refuseLoneSurrogates } from '../lone-surrogates.ts';
import type { Fault } from './server-driver.ts';

/** Runs statements on the server; throws a {@link ServerFault} when one fails. */
export interface StatementRunner {
  all(sql: string, parameters: SqlParameters): Promise<RowSet>;
  run(sql: string, parameters: SqlParameters): Promise<number>;
}

/** Carries a failure to the code that decides whether to retry. The work itself gets the error inside. */
export class ServerFault extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.error.message);
    this.fault = fault;
  }
}

export class ServerTransaction implements SqlConnection {
  readonly dialect: Dialect;
  readonly #runner: StatementRunner;
  #ended = false;
  #fault: Fault | null = null;

  constructor(dialect: Dialect, runner: StatementRunner) {
    this.dialect = dialect;
    this.#runner = runner;
  }

  all(sql: string, parameters: SqlParameters = []): Promise<RowSet> {
    return this.#use(sql, parameters, () => this.#runner.all(sql, parameters));
  }

  run(sql: string, parameters: SqlParameters = []): Promise<number> {
    return this.#use(sql, parameters, () => this.#runner.run(sql, parameters));
  }

  /** Runs a piece of work to its end. Throws what the work throws, or the fault behind that. */
  async attempt<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> {
    try {
      const value = await work(this);
      // The work may have caught an error that the transaction did not survive.
      if (this.#fault !== null) throw this.#fault.error;
      return value;
    } catch (error) {
      throw this.#fault === null ? error : new ServerFault(this.#fault);
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
      // An error of a single statement is left to the work, which may know more about it.
      if (error.fault.kind !== 'refused') this.#fault = error.fault;
      throw error.fault.error;
    }
  }
}
