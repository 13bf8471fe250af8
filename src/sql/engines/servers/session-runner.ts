/** Runs statements on a session, each with a time limit, and interprets its errors. */
import { DatabaseError, DatabaseUnavailable } from '../../../errors/index.ts';
import type { RowSet } from '../../../rpc/contract.ts';
import type { SqlParameters } from '../../engine.ts';
import type { ServerDriver, ServerSession } from './server-driver.ts';
import { ServerFault, type StatementRunner } from './server-transaction.ts';

export class SessionRunner implements StatementRunner {
  readonly #driver: ServerDriver;
  readonly #session: ServerSession;
  readonly #timeout: number;

  constructor(driver: ServerDriver, session: ServerSession, timeout: number) {
    this.#driver = driver;
    this.#session = session;
    this.#timeout = timeout;
  }

  all(sql: string, parameters: SqlParameters): Promise<RowSet> {
    return this.#ask(sql, () => this.#session.all(sql, parameters));
  }

  run(sql: string, parameters: SqlParameters): Promise<number> {
    return this.#ask(sql, () => this.#session.run(sql, parameters));
  }

  /** Ends a connection whose state is unknown. */
  abandon(): void {
    this.#session.destroy();
  }

  async #ask<T>(sql: string, ask: () => Promise<T>): Promise<T> {
    if (this.#timeout === 0) return this.#explained(sql, ask);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#session.destroy();
        const error = new DatabaseError(`The server gave no answer within ${this.#timeout} ms: ${sql.slice(0, 200)}`);
        reject(new ServerFault({ kind: 'timeout', error }));
      }, this.#timeout);
    });
    try {
      return await Promise.race([this.#explained(sql, ask), silence]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #explained<T>(sql: string, ask: () => Promise<T>): Promise<T> {
    try {
      if (!this.#session.isUsable) throw new DatabaseUnavailable('The connection to the server has ended.');
      return await ask();
    } catch (error) {
      const fault = this.#driver.fault(error, sql);
      if (fault.kind === 'lost') this.#session.destroy();
      throw new ServerFault(fault);
    }
  }
}
