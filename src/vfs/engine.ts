/**
 * A running SQLite engine, for as long as it can be relied on.
 *
 * SQLite reports its failures as result codes. An exception that comes out of WebAssembly is of another kind: it has
 * left SQLite's functions halfway, with its memory in an unknown state. Whatever such an engine did next, even rolling
 * back, could damage the files. So nothing more is asked of it, as if it had been killed, and a new one takes its
 * place: that one finds the files as after a crash, which SQLite recovers from.
 */
import type { SqlJs } from 'sql.js/dist/sql-wasm-browser.js';
import { EngineMismatch, isCinderlibError, StorageFailure } from '../errors/index.ts';
import type { Heap } from './heap.ts';
import type { Vfs } from './install.ts';

export class Engine {
  readonly sqlite: SqlJs;
  readonly heap: Heap;
  readonly vfs: Vfs;
  #fault: unknown = null;

  constructor(sqlite: SqlJs, heap: Heap, vfs: Vfs) {
    this.sqlite = sqlite;
    this.heap = heap;
    this.vfs = vfs;
  }

  /** Why the engine must not be used any more; null while it may be. */
  get fault(): unknown {
    return this.#fault;
  }

  /**
   * Calls SQLite. All calls of its functions are made here, apart from those of the engine's start.
   *
   * @param path the database that the calls are about, for messages
   * @param release calls that free what `calls` have used; left out if the engine fails
   * @throws {StorageFailure} when the engine fails, or has failed before: then without calling it
   */
  use<T>(path: string, calls: () => T, release?: () => void): T {
    if (this.#fault !== null) throw failure(path, this.#fault);
    let value: T;
    try {
      value = calls();
    } catch (error) {
      if (isOrdinary(error)) {
        if (release !== undefined && this.#fault === null) this.use(path, release);
        throw error;
      }
      this.#fault = error;
      throw failure(path, this.#fault);
    }
    if (release !== undefined) this.use(path, release);
    return value;
  }
}

/** Whether it was thrown between two calls of SQLite; everything else may have come out of one. */
function isOrdinary(error: unknown): boolean {
  return isCinderlibError(error) && !(error instanceof EngineMismatch);
}

function failure(path: string, fault: unknown): StorageFailure {
  return new StorageFailure(
    `Cannot use ${path}: the SQLite engine failed (${String(fault)}). Nothing was changed. Try again.`,
    path,
    null,
    { cause: fault },
  );
}
