/**
 * How long to wait for another tab that gives no sign of life, as when the browser has frozen it: members wait so for
 * the leader, and the leader for the member whose bulk is under way.
 *
 * It counts its own ticks, not the clock: after being frozen itself, a tab finds much time gone, and has to ask before
 * it concludes anything.
 */
import { waitable } from '../runtime.ts';

export interface WatchdogEvents {
  /** Whether anything waits for the other tab. */
  waits(): boolean;
  ask(): void;
  /** Nothing was heard, even after asking. */
  expired(): void;
}

/** A busy machine is not a frozen tab: no tab is given up sooner than this, in milliseconds. */
const leastTimeout = 1000;
const ticks = 4;

export class Watchdog {
  readonly #events: WatchdogEvents;
  readonly #interval: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silent = 0;

  /** @param milliseconds the whole wait; after half of it the other tab is asked */
  constructor(milliseconds: number, events: WatchdogEvents) {
    this.#events = events;
    // Jitter: several watchdogs may expire at once, and one is enough.
    const jitter = 1 + Math.random() / ticks;
    this.#interval = (Math.max(milliseconds, leastTimeout) / ticks) * jitter;
  }

  /** The other tab is alive. */
  reset(): void {
    this.#silent = 0;
  }

  /** Something has begun to wait. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#silent = 0;
    this.#tickLater();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tickLater(): void {
    this.#timer = setTimeout(() => this.#tick(), waitable(this.#interval));
  }

  #tick(): void {
    this.#timer = undefined;
    if (!this.#events.waits()) return;
    this.#silent += 1;
    this.#tickLater();
    if (this.#silent >= ticks) {
      this.#silent = 0;
      this.#events.expired();
    } else if (this.#silent * 2 >= ticks) this.#events.ask();
  }
}
