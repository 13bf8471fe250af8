/** A leadership that is still opening the database, and may be abandoned meanwhile. */
import type { Answers, CoreConfig } from '../rpc/contract.ts';
import type { CommandRunner } from '../rpc/host.ts';

export class Opening {
  readonly core: CommandRunner;
  readonly #answer: Promise<Answers['open']>;
  #isGivenUp = false;

  /** Starts opening the database, whose lock we hold. */
  constructor(core: CommandRunner, config: CoreConfig) {
    this.core = core;
    this.#answer = core.call({ kind: 'open', config: { ...config, lock_held: true } });
  }

  /** What the core answers; null once this was abandoned, whatever came of it. */
  async opened(): Promise<Answers['open'] | null> {
    try {
      const opened = await this.#answer;
      return this.#isGivenUp ? null : opened;
    } catch (error) {
      if (this.#isGivenUp) return null;
      throw error;
    }
  }

  /** Abandons it, and resolves when nothing of it is open any more. */
  async giveUp(): Promise<void> {
    this.#isGivenUp = true;
    await this.#answer.catch(() => {});
    await this.core.call({ kind: 'close' }).catch(() => {});
  }
}
