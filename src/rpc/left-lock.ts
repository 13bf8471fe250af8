/**
 * The lock file of a worker that has no say in its end: the thread that started it removes the file instead.
 *
 * A worker thread is stopped without a word when its process ends, and what it holds is not released.
 */
import { builtin, onExit } from '../runtime.ts';
import type { LockFile } from './contract.ts';

export class LeftLock {
  readonly #file: LockFile;
  readonly #forget: () => void;

  /** @param isIdle whether the worker is at rest: what is in the middle of a change stays locked */
  constructor(file: LockFile, isIdle: () => boolean) {
    this.#file = file;
    this.#forget = onExit(() => {
      if (isIdle()) this.remove();
    });
  }

  /** Removes the file, if it is the worker's still. Once the worker has ended, or is about to. */
  remove(): void {
    this.#forget();
    const fs = builtin('node:fs');
    const { path, token } = this.#file;
    try {
      if (fs?.readFileSync(path, 'utf8').includes(token)) fs.unlinkSync(path);
    } catch {
      // It is gone, as it is after every close; or it stays, and says that nobody holds it.
    }
  }
}
