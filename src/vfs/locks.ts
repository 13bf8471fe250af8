/**
 * The locks that SQLite asks a database file for. It opens each file once, so that there is nobody to lock
 * out but other programs; whether those allow it is for the medium's guard to say.
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

  /** Whether somebody else is about to write. If not, a journal that lies there is one of a crash. */
  isReserved(): boolean {
    return this.#mount.medium.guard.isReserved();
  }
}
