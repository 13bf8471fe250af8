/**
 * One state of the database for many reads: they share a transaction, in turn.
 *
 * It ends when a read fails, since the server may have ended it with that: PostgreSQL does so for any statement. The next
 * read then begins another, and sees the state of that moment.
 */

import { Turns } from '../../../turns.ts';
import type { Dialect } from '../../dialect.ts';
import type { Work } from '../../engine.ts';
import { ServerTransaction } from './server-transaction.ts';
import type { SessionRunner } from './session-runner.ts';

/** How long the server may take to end the transaction before the connection is cut, in milliseconds. */
const patience = 2000;

/** Runs a task in a transaction that only reads, which is rolled back if the task throws. */
type InTransaction = (task: (runner: SessionRunner) => Promise<never>) => Promise<never>;

interface Transaction {
  readonly runner: SessionRunner;
  /** Rolls it back, and gives up its connection. */
  end(reason: unknown): Promise<unknown>;
}

export class HeldState {
  readonly #dialect: Dialect;
  readonly #inTransaction: InTransaction;
  readonly #turns = new Turns();
  #transaction: Transaction | null = null;

  constructor(dialect: Dialect, inTransaction: InTransaction) {
    this.#dialect = dialect;
    this.#inTransaction = inTransaction;
  }

  read<T>(work: Work<T>): Promise<T> {
    return this.#turns.run(async () => {
      this.#transaction ??= await this.#begin();
      try {
        return await new ServerTransaction(this.#dialect, this.#transaction.runner).attempt(work);
      } catch (error) {
        await this.#end(error);
        throw error;
      }
    });
  }

  async end(): Promise<void> {
    const runner = this.#transaction?.runner;
    const timer = setTimeout(() => runner?.abandon(), patience);
    await this.#turns.run(() => this.#end(null));
    clearTimeout(timer);
  }

  #begin(): Promise<Transaction> {
    return new Promise((resolve, reject) => {
      const ended = this.#inTransaction(
        (runner) =>
          new Promise((_, fail) => {
            resolve({
              runner,
              end(reason) {
                fail(reason);
                return ended.catch(() => {});
              },
            });
          }),
      );
      ended.catch(reject);
    });
  }

  async #end(reason: unknown): Promise<void> {
    const transaction = this.#transaction;
    this.#transaction = null;
    await transaction?.end(reason);
  }
}
