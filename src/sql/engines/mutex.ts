/** Runs tasks one after the other, in the order in which they came. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    // The next task runs whether or not this one fails; whoever asked for it sees the failure.
    this.#last = result.then(ignore, ignore);
    return result;
  }
}

function ignore(): void {}
