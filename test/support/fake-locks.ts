/** An implementation of Web Locks for tests in Node: names, modes, queues, signals and stealing as specified. */

interface Held {
  readonly name: string;
  readonly mode: LockMode;
  readonly clientId: string;
  readonly steal: () => void;
}
interface Queued {
  readonly name: string;
  readonly mode: LockMode;
  readonly clientId: string;
  readonly grant: () => void;
}

/** The locks of one origin; each client, a tab or worker, gets its own LockManager. */
export class FakeLocks {
  #held: Held[] = [];
  #queue: Queued[] = [];

  /** @param deliver how the client learns that its lock was stolen; it may be frozen by then */
  client(clientId: string, deliver: (task: () => void) => void = setImmediate): LockManager {
    const request = (name: string, ...rest: readonly unknown[]): Promise<unknown> => {
      const callback = rest.at(-1) as (lock: Lock | null) => unknown;
      const options = (rest.length > 1 ? rest[0] : {}) as LockOptions;
      return this.#request({ clientId, deliver }, name, options, callback);
    };
    const query = async (): Promise<LockManagerSnapshot> => ({ held: [...this.#held], pending: [] });
    // The overloads of the interface are a single function.
    return { request, query } as unknown as LockManager;
  }

  /** Kills a client as a browser kills a tab: releases its locks and drops its pending requests. */
  kill(clientId: string): void {
    this.#queue = this.#queue.filter((queued) => queued.clientId !== clientId);
    this.#held = this.#held.filter((held) => held.clientId !== clientId);
    this.#grant();
  }

  holder(name: string): string | undefined {
    return this.#held.find((held) => held.name === name)?.clientId;
  }

  #request(
    { clientId, deliver }: { readonly clientId: string; readonly deliver: (task: () => void) => void },
    name: string,
    { mode = 'exclusive', steal = false, ifAvailable = false, signal }: LockOptions,
    callback: (lock: Lock | null) => unknown,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(new DOMException('The lock was taken away or not waited for.', 'AbortError'));
      const grant = (): void => {
        const held: Held = { name, mode, clientId, steal: () => deliver(abort) };
        this.#held.push(held);
        // A browser calls back in a separate task.
        setImmediate(async () => {
          const result = Promise.resolve(callback({ name, mode }));
          await result.catch(() => {});
          this.#held = this.#held.filter((other) => other !== held);
          resolve(result);
          this.#grant();
        });
      };
      if (steal) {
        for (const held of this.#held.filter((held) => held.name === name)) held.steal();
        this.#held = this.#held.filter((held) => held.name !== name);
        grant();
        return;
      }
      const queued: Queued = { name, mode, clientId, grant };
      this.#queue.push(queued);
      if (ifAvailable) {
        this.#grant();
        if (!this.#queue.includes(queued)) return;
        this.#queue = this.#queue.filter((other) => other !== queued);
        deliver(() => resolve(callback(null)));
        return;
      }
      signal?.addEventListener('abort', () => {
        if (!this.#queue.includes(queued)) return;
        this.#queue = this.#queue.filter((other) => other !== queued);
        abort();
        this.#grant();
      });
      this.#grant();
    });
  }

  #grant(): void {
    for (const queued of [...this.#queue]) {
      const before = this.#queue.slice(0, this.#queue.indexOf(queued)).some(({ name }) => name === queued.name);
      const others = this.#held.filter(({ name }) => name === queued.name);
      const fits = queued.mode === 'shared' ? others.every(({ mode }) => mode === 'shared') : others.length === 0;
      if (before || !fits) continue;
      this.#queue = this.#queue.filter((other) => other !== queued);
      queued.grant();
    }
  }
}
