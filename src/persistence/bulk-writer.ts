/** One transaction over many calls to the core: stored at its commit, all of it or nothing. */
import type { CoreClient } from '../rpc/client.ts';
import type { SingleWrite } from '../rpc/contract.ts';

export class BulkWriter {
  readonly #core: CoreClient;
  /** The changes that are under way: the next ones are made meanwhile. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(core: CoreClient) {
    this.#core = core;
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

  async commit(): Promise<void> {
    await this.#core.call({ kind: 'commitBulk' });
  }

  async rollback(): Promise<void> {
    await this.#core.call({ kind: 'rollbackBulk' });
  }
}
