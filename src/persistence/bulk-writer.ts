/** A transaction that spans many calls to the core; its commit stores all of it or nothing. */
import type { CoreClient } from '../rpc/client.ts';
import type { SingleWrite } from '../rpc/contract.ts';

export class BulkWriter {
  /** Resolves after the commit or rollback, whether that succeeded or failed. */
  readonly ended: Promise<void>;
  readonly #core: CoreClient;
  #end: () => void = () => {};
  /** The append in progress, which overlaps with preparing the next one. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(core: CoreClient) {
    this.#core = core;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  static async begin(core: CoreClient): Promise<BulkWriter> {
    await core.call({ kind: 'beginBulk' });
    return new BulkWriter(core);
  }

  /** Sends changes after the previous ones have been written. If they fail, the next call throws the error. */
  async append(commands: readonly SingleWrite[]): Promise<void> {
    await this.#last;
    this.#last = this.#core.call({ kind: 'appendBulk', commands });
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
      await this.#core.call({ kind });
    } finally {
      this.#end();
    }
  }
}
