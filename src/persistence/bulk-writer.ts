/** One transaction over many calls to the core: stored at its commit, all of it or nothing. */
import type { CoreClient } from '../rpc/client.ts';
import type { SingleWrite } from '../rpc/contract.ts';

export class BulkWriter {
  /** Resolves when it was stored or taken back, or was to be. */
  readonly ended: Promise<void>;
  readonly #core: CoreClient;
  #end: () => void = () => {};
  /** The changes that are under way: the next ones are made meanwhile. */
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

  /** Takes changes once those before them are stored. Their failure is that of the next call. */
  async append(commands: readonly SingleWrite[]): Promise<void> {
    await this.#last;
    this.#last = this.#core.call({ kind: 'appendBulk', commands });
    // Whoever comes next gets to know it.
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
