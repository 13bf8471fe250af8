/** One transaction over many calls to the core: stored at its commit, all of it or nothing. */
import type { CoreClient } from '../rpc/client.ts';
import type { SingleWrite } from '../rpc/contract.ts';

export class BulkWriter {
  readonly #core: CoreClient;

  private constructor(core: CoreClient) {
    this.#core = core;
  }

  static async begin(core: CoreClient): Promise<BulkWriter> {
    await core.call({ kind: 'beginBulk' });
    return new BulkWriter(core);
  }

  async append(commands: readonly SingleWrite[]): Promise<void> {
    await this.#core.call({ kind: 'appendBulk', commands });
  }

  async commit(): Promise<void> {
    await this.#core.call({ kind: 'commitBulk' });
  }

  async rollback(): Promise<void> {
    await this.#core.call({ kind: 'rollbackBulk' });
  }
}
