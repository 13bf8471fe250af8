/**
 * Whether a database that opening created is worth keeping: not if it was created for a bulk, as migrations do, and
 * the bulk was not stored. Then nothing is to be left, as there was nothing before.
 */
import { OutcomeUnknown } from '../errors/index.ts';

export class DiscardPolicy {
  #isNew = false;
  #isUsed = false;
  #hadBulk = false;
  #isBeingWritten = false;

  get shouldDiscard(): boolean {
    return this.#isNew && this.#hadBulk && !this.#isUsed && !this.#isBeingWritten;
  }

  /** Its tables have been created. */
  created(): void {
    this.#isNew = true;
  }

  /** A bulk is about to begin. */
  bulkBegins(): void {
    this.#hadBulk = true;
  }

  /** A refresh has accepted its current state: others may have written to it, and our context goes on with that. */
  refreshed(): void {
    this.#isUsed = true;
  }

  /** Something was written to it, or may have been. */
  wrote(result: PromiseSettledResult<unknown>): void {
    this.#isUsed ||= result.status === 'fulfilled' || result.reason instanceof OutcomeUnknown;
  }

  /** Waits for a write; until it ends the database counts as wanted, since a close may come before the outcome. */
  async whileCommitting(commit: Promise<void>): Promise<void> {
    this.#isBeingWritten = true;
    const [result] = await Promise.allSettled([commit]);
    this.#isBeingWritten = false;
    this.wrote(result);
    await commit;
  }
}
