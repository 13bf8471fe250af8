/** A member's leaders: the present one, and earlier ones whose last messages may still be in transit. */
import { nextTurn, pause } from '../runtime.ts';
import type { LeaderConnection } from './leader-connection.ts';

/**
 * How long the last messages of a dead leader may be in transit, in milliseconds. Word of its end comes from the
 * browser and may overtake them; a new leader takes longer than that to open the database.
 */
export const lastWords = 50;

export class LeaderConnections {
  readonly #byEpoch = new Map<number, LeaderConnection>();
  readonly #onEnd: (epoch: number) => void;
  /** The latest leadership whose leader is gone, and has not said so itself. */
  #gone = 0;

  /** @param onEnd called when nothing more will be heard of a leader */
  constructor(onEnd: (epoch: number) => void) {
    this.#onEnd = onEnd;
  }

  of(epoch: number): LeaderConnection | undefined {
    return this.#byEpoch.get(epoch);
  }

  /** Whether the leader of that epoch is gone, judging by our locks. */
  isGone(epoch: number): boolean {
    return epoch === this.#gone;
  }

  /** Whether there are any besides the one of that epoch. */
  hasOthers(epoch: number): boolean {
    return this.#byEpoch.size > (this.#byEpoch.has(epoch) ? 1 : 0);
  }

  add(connection: LeaderConnection): void {
    this.#byEpoch.set(connection.epoch, connection);
  }

  /** A leader is gone. Its last messages may still be in transit, unless it ended gracefully. */
  lose(epoch: number, isGraceful: boolean): void {
    const decide = (): void => {
      if (!isGraceful) this.#gone = epoch;
      this.#byEpoch.get(epoch)?.close();
      if (this.#byEpoch.delete(epoch)) this.#onEnd(epoch);
    };
    if (isGraceful) decide();
    // On a busy machine messages that have arrived may still await delivery.
    else void pause(lastWords).then(nextTurn).then(decide);
  }

  /** A later leadership has begun, so all of these have ended. */
  loseAll(): void {
    for (const epoch of this.#byEpoch.keys()) this.lose(epoch, false);
  }

  /** Stops listening to all of them. */
  close(): void {
    for (const connection of this.#byEpoch.values()) connection.close();
  }
}
