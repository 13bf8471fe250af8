/**
 * Leader election: the holder of the database's lock leads. The lock's queue is the line of succession, and the
 * browser grants the lock to the next one when the holder ends, however that happens.
 */
import { browserWord } from '../media/browser-failure.ts';
import { holdLock } from '../media/locks/held-lock.ts';

export interface LeadershipEvents {
  won(): void;
  /** Another member has stolen the lock, as happens to a holder that does not answer. */
  stolen(): void;
}

/** How long a proof holds, in milliseconds: a thief waits longer than that for a sign of life. */
const proofLasts = 500;

export class Leadership {
  readonly #locks: LockManager;
  readonly #name: string;
  readonly #events: LeadershipEvents;
  /** Aborts the pending request for the lock. */
  #queued: AbortController | null = null;
  #release: (() => void) | null = null;
  #provenAt = Number.NEGATIVE_INFINITY;
  #client: string | undefined;
  #proof: Promise<void> | null = null;

  constructor(locks: LockManager, name: string, events: LeadershipEvents) {
    this.#locks = locks;
    this.#name = name;
    this.#events = events;
  }

  get isHeld(): boolean {
    return this.#release !== null;
  }

  /** Queues for the lock, unless it already does. */
  queue(): void {
    if (this.isHeld || this.#queued !== null) return;
    const { signal } = this.#ask();
    void this.#take({ signal }, signal);
  }

  /** Stops waiting. */
  leaveQueue(): void {
    this.#queued?.abort();
    this.#queued = null;
  }

  /** Takes the lock at once, whoever holds it. */
  steal(): void {
    if (this.isHeld) return;
    this.leaveQueue();
    // Stealing takes no abort signal. It counts as queued, so that nothing else is requested until the browser answers.
    const { signal } = this.#ask();
    void this.#take({ steal: true }, signal);
  }

  /** Lets the next in the queue lead, and stops waiting. */
  release(): void {
    this.leaveQueue();
    this.#release?.();
    this.#release = null;
  }

  /**
   * Whether the lock is still ours. A tab that was frozen may have lost it without having been notified yet,
   * and must not answer anything from what it knew before.
   */
  async isProven(): Promise<boolean> {
    if (performance.now() - this.#provenAt >= proofLasts) {
      // One proof for all callers, so that none of them overtakes another.
      this.#proof ??= this.#prove();
      await this.#proof;
    }
    return this.isHeld;
  }

  async #prove(): Promise<void> {
    const now = performance.now();
    const release = this.#release;
    try {
      const holder = await this.#holder();
      // A frame may be allowed to query only later, once its user has granted it access to its own site's storage.
      this.#client ??= holder;
      if (holder !== this.#client) throw new Error('The lock is not ours.');
      this.#provenAt = now;
    } catch {
      // Unable to tell whether the lock is still ours, leave it to a member that can.
      this.#lose(release);
      release?.();
    } finally {
      this.#proof = null;
    }
  }

  /** The client that holds the lock; undefined also where the browser does not tell, and we know of no theft. */
  async #holder(): Promise<string | undefined> {
    try {
      const { held = [] } = await this.#locks.query();
      return held.find(({ name }) => name === this.#name)?.clientId;
    } catch (error) {
      // Firefox allows no query in a frame of another site. The answer to a request, too, comes after news of a theft.
      if (browserWord(error) !== 'SecurityError') throw error;
      await this.#locks.request(this.#name, { ifAvailable: true }, () => {});
      return undefined;
    }
  }

  #ask(): AbortController {
    this.#queued = new AbortController();
    return this.#queued;
  }

  async #take(options: LockOptions, signal: AbortSignal): Promise<void> {
    let release: () => void;
    try {
      release = await holdLock(this.#locks, this.#name, options, () => this.#lose(release));
    } catch {
      // It left the queue.
      return;
    }
    if (signal.aborted) return release();
    this.#queued = null;
    this.#release = release;
    try {
      this.#client = await this.#holder();
    } catch {
      if (this.#release === release) this.#release = null;
      return release();
    }
    this.#provenAt = performance.now();
    if (this.#release === release) this.#events.won();
  }

  #lose(release: (() => void) | null): void {
    if (release === null || this.#release !== release) return;
    this.#release = null;
    this.#events.stolen();
  }
}
