/**
 * Whether a database that was made when it was opened is of any use: not when it was made for a bulk, as migrations
 * have it, which was not stored. Then there is to be nothing, as there was before.
 */
import { OutcomeUnknown } from '../errors/index.ts';

export class Novelty {
  #isNew = false;
  #isUsed = false;
  #hadBulk = false;
  #isBeingWritten = false;

  get isUnwanted(): boolean {
    return this.#isNew && this.#hadBulk && !this.#isUsed && !this.#isBeingWritten;
  }

  /** Its tables were made. */
  made(): void {
    this.#isNew = true;
  }

  /** A bulk is to begin. */
  bulk(): void {
    this.#hadBulk = true;
  }

  /** It was taken as it is now: others may have written to it, and whoever takes it goes on with it. */
  taken(): void {
    this.#isUsed = true;
  }

  /** Something was written to it, or may have been. */
  wrote(result: PromiseSettledResult<unknown>): void {
    this.#isUsed ||= result.status === 'fulfilled' || result.reason instanceof OutcomeUnknown;
  }

  /** Waits for something to be written. Who closes meanwhile may come to know of the end before. */
  async during(writing: Promise<void>): Promise<void> {
    this.#isBeingWritten = true;
    const [result] = await Promise.allSettled([writing]);
    this.#isBeingWritten = false;
    this.wrote(result);
    await writing;
  }
}
