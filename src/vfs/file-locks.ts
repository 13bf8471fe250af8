/**
 * The locks that SQLite requests on a database file. It opens each file once, so the only ones to lock out are
 * other programs; the medium's guard decides whether their locks allow it.
 */
import { Code } from './codes.ts';
import type { Mount } from './mount.ts';

export class FileLocks {
  readonly #mount: Mount;
  #level = 0;

  constructor(mount: Mount) {
    this.#mount = mount;
  }

  lock(level: number): number {
    if (level <= this.#level) return Code.ok;
    try {
      const refusal = this.#mount.medium.guard.refusal(level);
      if (refusal !== null) return this.#mount.fail(refusal, Code.busy);
    } catch (error) {
      return this.#mount.fail(error, Code.ioErrorLock);
    }
    this.#level = level;
    return Code.ok;
  }

  unlock(level: number): number {
    this.#level = Math.min(level, this.#level);
    return Code.ok;
  }

  /** Whether another program is about to write. If not, a journal that is there was left by a crash. */
  isReserved(): boolean {
    return this.#mount.medium.guard.isReserved();
  }
}
