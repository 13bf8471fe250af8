/**
 * The lock file of a worker thread that cannot release it: the thread that started the worker removes it instead.
 *
 * A worker thread is stopped without notice when its process ends, and does not release what it holds.
 */
import { builtin, onExit } from '../runtime.ts';
import type { LockFile } from './contract.ts';

export class OrphanedLock {
  readonly #file: LockFile;
  readonly #forget: () => void;

  /** @param isIdle whether the worker is idle: in the middle of a change the lock stays */
  constructor(file: LockFile, isIdle: () => boolean) {
    this.#file = file;
    this.#forget = onExit(() => {
      if (isIdle()) this.remove();
    });
  }

  /** Removes the file, if it is still the worker's. Call it when the worker has ended, or is about to. */
  remove(): void {
    this.#forget();
    const fs = builtin('node:fs');
    const { path, token } = this.#file;
    try {
      if (fs?.readFileSync(path, 'utf8').includes(token)) fs.unlinkSync(path);
    } catch {
      // It is gone, as after every close; or it stays, as a stale lock.
    }
  }
}
