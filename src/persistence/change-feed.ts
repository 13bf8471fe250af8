/** Distributes the changes of a storage to all iterators of `changes()`. */
import { ChangesMissed } from '../errors/index.ts';
import type { Change } from '../rpc/contract.ts';

/** The number of changes queued for a reader that does not take them, about a megabyte. */
const mostWaiting = 10_000;

export class ChangeFeed {
  readonly #readers = new Set<ChangeReader>();
  #isOver = false;

  tell(changes: readonly Change[]): void {
    for (const reader of this.#readers) reader.push(changes);
  }

  /** An iterator over the changes from now on. */
  read(): AsyncIterableIterator<Change> {
    const reader = new ChangeReader(() => this.#readers.delete(reader));
    this.#readers.add(reader);
    if (this.#isOver) reader.end();
    return reader;
  }

  /** Ends the feed: readers receive what is queued, then end. */
  end(): void {
    this.#isOver = true;
    for (const reader of this.#readers) reader.end();
  }
}

type Result = IteratorResult<Change, undefined>;
interface Pull {
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

const done: Result = { done: true, value: undefined };

/** Not a generator: `return()` could not end a generator that is waiting for a change. */
class ChangeReader implements AsyncIterableIterator<Change, undefined> {
  readonly #forget: () => void;
  readonly #pulls: Pull[] = [];
  #waiting: Change[] = [];
  #missed = false;
  #isOver = false;

  constructor(forget: () => void) {
    this.#forget = forget;
  }

  push(changes: readonly Change[]): void {
    if (this.#waiting.length + changes.length > mostWaiting) {
      // Discard the queue: an incomplete list of changes would mislead.
      this.#waiting = [];
      this.#missed = true;
      this.end();
      return;
    }
    // One by one, since spreading them could exceed the limit on arguments.
    for (const change of changes) this.#waiting.push(change);
    this.#serve();
  }

  end(): void {
    this.#isOver = true;
    this.#forget();
    this.#serve();
  }

  next(): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#pulls.push({ resolve, reject });
      this.#serve();
    });
  }

  async return(): Promise<Result> {
    this.#waiting = [];
    this.#missed = false;
    this.end();
    return done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #serve(): void {
    while (this.#pulls.length > 0 && (this.#waiting.length > 0 || this.#isOver)) {
      const pull = this.#pulls.shift();
      const value = this.#waiting.shift();
      if (value !== undefined) pull?.resolve({ done: false, value });
      else if (this.#missed) {
        this.#missed = false;
        pull?.reject(new ChangesMissed(mostWaiting));
      } else pull?.resolve(done);
    }
  }
}
