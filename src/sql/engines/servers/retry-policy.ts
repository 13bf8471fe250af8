/** How often, and after what pauses, a transaction is retried that failed through no fault of its own. */
import { pause } from '../../../runtime.ts';
import type { FaultKind } from './server-driver.ts';

/** Repeated conflicts mean contention: pauses grow to this many milliseconds, half of it random. */
const longestPause = 250;
const mostConflicts = 40;
/** When a key is taken, the next attempt finds its row, unless it was removed again. */
const mostDuplicates = 5;

export class RetryPolicy {
  /** How long to wait for a server that is gone, in milliseconds. */
  readonly #longestAbsence: number;
  readonly #counts: Record<FaultKind, number> = { conflict: 0, duplicate: 0, lost: 0, timeout: 0, refused: 0 };
  #lostAt: number | null = null;

  constructor(longestAbsence: number) {
    this.#longestAbsence = longestAbsence;
  }

  /** Pauses and returns true when another attempt is worthwhile. */
  async mayRetry(kind: FaultKind): Promise<boolean> {
    if (!this.#isWorthwhile(kind)) return false;
    const longest = Math.min(longestPause, 2 ** this.#counts[kind]);
    await pause(longest / 2 + (Math.random() * longest) / 2);
    return true;
  }

  #isWorthwhile(kind: FaultKind): boolean {
    const count = ++this.#counts[kind];
    switch (kind) {
      case 'conflict':
        return count <= mostConflicts;
      case 'duplicate':
        return count <= mostDuplicates;
      case 'lost':
        this.#lostAt ??= performance.now();
        // A connection may have ended while it was idle: one retry is always due.
        return count === 1 || performance.now() - this.#lostAt < this.#longestAbsence;
      default:
        return false;
    }
  }
}
