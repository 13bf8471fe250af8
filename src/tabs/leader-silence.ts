/** What the silence of a leader means, judging by what this member last heard of one. */

/** How often the timeout may expire while a leader opens the database. */
const mostOpenings = 3;

/**
 * - `cleared`: the data of the site was cleared, and its locks with it: others have new locks, and a new database
 * - `wait`: a leader is opening the database
 * - `give up`: it has been opening the database for too long
 * - `gone`: no leader has shown a sign of life
 */
export type Verdict = 'cleared' | 'wait' | 'give up' | 'gone';

export class LeaderSilence {
  /** How often the timeout has expired while a leader was opening the database. */
  #openings = 0;
  #hearsOpening = false;
  /** Whether the latest leader is gone, judging by our locks, and speaks all the same. */
  #hearsGone = false;

  /** A leader was asked for. What had been heard before may be the late words of a dead one. */
  asked(): void {
    this.#hearsGone = false;
  }

  /** A leader says what it does, perhaps one that has only just been superseded. */
  hears(state: 'opening' | 'open'): void {
    this.#hearsOpening = state === 'opening';
  }

  /** The latest leader spoke: one that is gone by our locks, or not. */
  hearsLatest(isGone: boolean): void {
    this.#hearsGone = isGone;
  }

  /** A leader has the database open. */
  opened(): void {
    this.#openings = 0;
  }

  /**
   * The timeout has expired.
   *
   * @param leads whether this member itself holds the lock, and so is opening the database
   */
  expired(leads: boolean): Verdict {
    const isOpening = leads || this.#hearsOpening;
    this.#hearsOpening = false;
    if (this.#hearsGone) return 'cleared';
    if (!isOpening) return 'gone';
    // A large database takes long to open; a tab frozen in the middle of a change prevents opening altogether.
    this.#openings += 1;
    return this.#openings < mostOpenings ? 'wait' : 'give up';
  }
}
