/**
 * A transaction that is fed over many calls, for more changes than fit into memory at once.
 *
 * It holds the engine's turn from beginning to end. Any failure dooms all of it.
 */
import { DatabaseError } from '../errors/index.ts';
import type { SqlConnection, SqlEngine, Work } from './engine.ts';

/** Thrown to roll back on request, hence not a failure. */
const givenUp = Symbol('given up');

export class Bulk {
  readonly #connection: SqlConnection;
  readonly #transaction: Promise<void>;
  readonly #finish: (commit: boolean) => void;
  #last: Promise<unknown> = Promise.resolve();
  #failure: unknown = null;

  private constructor(connection: SqlConnection, transaction: Promise<void>, finish: (commit: boolean) => void) {
    this.#connection = connection;
    this.#transaction = transaction;
    this.#finish = finish;
  }

  /** Begins a transaction, and resolves once it has begun. */
  static begin(engine: SqlEngine): Promise<Bulk> {
    return new Promise((resolve, reject) => {
      let begun = false;
      const transaction: Promise<void> = engine.transaction(async (connection) => {
        // An engine may rerun work after a deadlock, but what was fed to this one is gone.
        if (begun)
          throw new DatabaseError('The database ended the transaction: nothing of it was stored. Start again.');
        begun = true;
        // An engine may run its work synchronously, before `transaction` is assigned.
        await null;
        const committed = await new Promise<boolean>((finish) => resolve(new Bulk(connection, transaction, finish)));
        if (!committed) throw givenUp;
      });
      transaction.catch(reject);
    });
  }

  /** Resolves when the transaction has ended, however it did. */
  get ended(): Promise<void> {
    return this.#transaction.catch(() => {});
  }

  /** Runs a piece of work in the transaction, after those before it. */
  append<T>(work: Work<T>): Promise<T> {
    const result = this.#last.then(() => {
      if (this.#failure !== null) throw this.#failure;
      return work(this.#connection);
    });
    this.#last = result.catch((error: unknown) => {
      this.#failure ??= error;
    });
    return result;
  }

  /** Makes everything that was appended durable. After a failed append nothing is stored, and it rejects with that. */
  async commit(): Promise<void> {
    await this.#last;
    if (this.#failure === null) {
      this.#finish(true);
      return this.#transaction;
    }
    // Why it failed tells more than how its rollback went.
    await this.rollback().catch(() => {});
    throw this.#failure;
  }

  async rollback(): Promise<void> {
    await this.#last;
    this.#finish(false);
    await this.#transaction.catch((error: unknown) => {
      if (error !== givenUp) throw error;
    });
  }
}
