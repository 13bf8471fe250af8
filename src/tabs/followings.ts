/** The leaders that a member has to do with: the one now, and those before it whose last words may be under way. */
import { nextTurn, pause } from '../runtime.ts';
import type { Following } from './following.ts';

/**
 * How long the last words of a leader that died may be under way, in milliseconds. What is known of its end comes
 * from the browser and may overtake them; a new leader takes longer than that to open the database.
 */
const lastWords = 50;

export class Followings {
  readonly #byEpoch = new Map<number, Following>();
  readonly #onEnd: (epoch: number) => void;

  /** @param onEnd called when nothing more will be heard of a leader */
  constructor(onEnd: (epoch: number) => void) {
    this.#onEnd = onEnd;
  }

  of(epoch: number): Following | undefined {
    return this.#byEpoch.get(epoch);
  }

  /** Whether there are others than the one of that epoch. */
  hasOthers(epoch: number): boolean {
    return this.#byEpoch.size > (this.#byEpoch.has(epoch) ? 1 : 0);
  }

  add(following: Following): void {
    this.#byEpoch.set(following.epoch, following);
  }

  /** A leader is gone. Its last words may be under way still, unless it said them all. */
  lose(epoch: number, inOrder: boolean): void {
    const decide = (): void => {
      this.#byEpoch.get(epoch)?.close();
      if (this.#byEpoch.delete(epoch)) this.#onEnd(epoch);
    };
    if (inOrder) decide();
    // On a busy machine what has arrived may still wait to be delivered.
    else void pause(lastWords).then(nextTurn).then(decide);
  }

  /** A later leadership has begun, so that all of these have ended. */
  loseAll(): void {
    for (const epoch of this.#byEpoch.keys()) this.lose(epoch, false);
  }

  /** Listens to none of them any more. */
  close(): void {
    for (const following of this.#byEpoch.values()) following.close();
  }
}
