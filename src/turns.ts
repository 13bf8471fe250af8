/** Tasks that take turns: each begins when those before it have ended, whether they succeeded or failed. */

/** Runs all tasks one at a time, in the order in which they come, and none before its caller has gone on. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** The caller of the task sees its failure; the next one runs all the same. */
  run<T>(task: () => T | Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/**
 * Runs the tasks of each key one at a time; those of different keys do not wait for each other. The first task of a key
 * begins at once: what a save stores is what the object held when it was called.
 */
export class KeyedTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const turn = before === undefined ? task() : before.then(task);
    const ended = turn.catch(() => {});
    this.#last.set(key, ended);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    }
  }
}
