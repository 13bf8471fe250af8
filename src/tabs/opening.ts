/** A leadership that is only beginning: a core opens the database, and that may be given up meanwhile. */
import type { Answers, CoreConfig } from '../rpc/contract.ts';
import type { CommandRunner } from '../rpc/host.ts';

export class Opening {
  readonly core: CommandRunner;
  readonly #answer: Promise<Answers['open']>;
  #isGivenUp = false;

  /** Begins to open the database, whose lock is ours. */
  constructor(core: CommandRunner, config: CoreConfig) {
    this.core = core;
    this.#answer = core.call({ kind: 'open', config: { ...config, lock_held: true } });
  }

  /** What the core answers, or null once this was given up, however it went on from there. */
  async opened(): Promise<Answers['open'] | null> {
    try {
      const opened = await this.#answer;
      return this.#isGivenUp ? null : opened;
    } catch (error) {
      if (this.#isGivenUp) return null;
      throw error;
    }
  }

  /** Gives it up, and resolves when nothing of it is open. */
  async giveUp(): Promise<void> {
    this.#isGivenUp = true;
    await this.#answer.catch(() => {});
    await this.core.call({ kind: 'close' }).catch(() => {});
  }
}
