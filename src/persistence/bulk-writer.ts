/** A transaction that spans many calls to the core; its commit stores all of it or nothing. */
import type { CoreClient } from '../rpc/client.ts';
import type { SingleWrite } from '../rpc/contract.ts';

export class BulkWriter {
  /** Resolves after the commit or rollback, whether that succeeded or failed. */
  readonly ended: Promise<void>;
  readonly #running: () => CoreClient;
  #end: () => void = () => {};
  /** The append in progress, which overlaps with preparing the next one. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(running: () => CoreClient) {
    this.#running = running;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** @param running returns the core; throws once the storage is closed, which abandons the bulk */
  static async begin(running: () => CoreClient): Promise<BulkWriter> {
    await running().call({ kind: 'beginBulk' });
    return new BulkWriter(running);
  }

  /** Sends changes after the previous ones have been written. If they fail, the next call throws the error. */
  async append(commands: readonly SingleWrite[]): Promise<void> {
    await this.#last;
    this.#last = this.#running().call({ kind: 'appendBulk', commands });
    // Not unhandled: the next call awaits it.
    this.#last.catch(() => {});
  }

  commit(): Promise<void> {
    return this.#endBy('commitBulk');
  }

  rollback(): Promise<void> {
    return this.#endBy('rollbackBulk');
  }

  async #endBy(kind: 'commitBulk' | 'rollbackBulk'): Promise<void> {
    try {
      await this.#running().call({ kind });
    } finally {
      this.#end();
    }
  }
}
