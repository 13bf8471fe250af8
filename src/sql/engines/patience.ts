/** How often and after which pauses a transaction is tried again that failed for no fault of its own. */
import { pause } from '../../runtime.ts';
import type { FaultKind } from './server-driver.ts';

/** Somebody who is always undone is in a crowd; pauses grow to this many milliseconds, of which chance takes half. */
const longestPause = 250;
const mostConflicts = 40;
/** Whoever finds a key taken finds the row at the next attempt, unless it was removed again. */
const mostDuplicates = 5;

export class Patience {
  /** Milliseconds that a server which is gone is waited for. */
  readonly #longestAbsence: number;
  readonly #counts: Record<FaultKind, number> = { conflict: 0, duplicate: 0, lost: 0, late: 0, refused: 0 };
  #lostAt: number | null = null;

  constructor(longestAbsence: number) {
    this.#longestAbsence = longestAbsence;
  }

  /** Waits, and answers true, when it is worth another attempt. */
  async another(kind: FaultKind): Promise<boolean> {
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
        // A connection may have ended while it was idle: one attempt is always due.
        return count === 1 || performance.now() - this.#lostAt < this.#longestAbsence;
      default:
        return false;
    }
  }
}
