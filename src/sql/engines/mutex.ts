/** Runs tasks one at a time, in the order in which they come. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    // The next task runs whether or not this one fails; the caller of this one sees the failure.
    this.#last = result.then(ignore, ignore);
    return result;
  }
}

function ignore(): void {}
