/**
 * Who leads: whoever holds the database's lock. The queue for it is the succession, and the browser moves it on
 * when the holder ends, however that happens.
 */
import { holdLock } from './held-lock.ts';

export interface LeadershipEvents {
  won(): void;
  /** Somebody took the lock away, as is done with a holder that does not answer. */
  stolen(): void;
}

/** For so long after a proof nobody can have stolen the lock: a thief waits longer than that for a sign of life. */
const proofLasts = 500;

export class Leadership {
  readonly #locks: LockManager;
  readonly #name: string;
  readonly #events: LeadershipEvents;
  /** Ends the request for the lock that is under way. */
  #queued: AbortController | null = null;
  #release: (() => void) | null = null;
  #provenAt = 0;
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

  /** Waits for the lock, if it does not yet. */
  queue(): void {
    if (this.isHeld || this.#queued !== null) return;
    const { signal } = this.#ask();
    void this.#take({ signal }, signal);
  }

  /** Waits no longer. */
  leaveQueue(): void {
    this.#queued?.abort();
    this.#queued = null;
  }

  /** Takes the lock at once, whoever holds it. */
  steal(): void {
    if (this.isHeld) return;
    this.leaveQueue();
    // The browser takes no signal for that; until it has answered nobody is to queue beside it, or it may be in vain.
    const { signal } = this.#ask();
    void this.#take({ steal: true }, signal);
  }

  /** Lets the next in the queue lead, and waits no longer. */
  release(): void {
    this.leaveQueue();
    this.#release?.();
    this.#release = null;
  }

  /**
   * Whether the lock is still ours. A tab that was frozen may have lost it without having been told yet, and
   * must not answer anything out of what it knew before.
   */
  async isProven(): Promise<boolean> {
    const age = Date.now() - this.#provenAt;
    if (age < 0 || age >= proofLasts) {
      // One for all who wait, so that none of them overtakes another.
      this.#proof ??= this.#prove();
      await this.#proof;
    }
    return this.isHeld;
  }

  async #prove(): Promise<void> {
    const now = Date.now();
    const release = this.#release;
    try {
      const { held = [] } = await this.#locks.query();
      const holder = held.find(({ name }) => name === this.#name)?.clientId;
      if (holder === this.#client) this.#provenAt = now;
      else this.#lose(release);
    } catch {
      // Who cannot tell whether the lock is still his lets somebody lead who can.
      this.#lose(release);
      release?.();
    } finally {
      this.#proof = null;
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
      const { held = [] } = await this.#locks.query();
      this.#client = held.find(({ name }) => name === this.#name)?.clientId;
    } catch {
      if (this.#release === release) this.#release = null;
      return release();
    }
    this.#provenAt = Date.now();
    if (this.#release === release) this.#events.won();
  }

  #lose(release: (() => void) | null): void {
    if (release === null || this.#release !== release) return;
    this.#release = null;
    this.#events.stolen();
  }
}
