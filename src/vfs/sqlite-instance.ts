/**
 * A running instance of SQLite's WebAssembly engine, for as long as it can be relied on.
 *
 * SQLite reports its failures as result codes. An exception that comes out of WebAssembly is of another kind: it has
 * left SQLite's functions halfway, with its memory in an unknown state. Whatever such an instance did next, even rolling
 * back, could damage the files. So nothing more is asked of it, as if it had been killed, and a new one takes its
 * place: that one finds the files as after a crash, which SQLite recovers from.
 */
import { EngineMismatch, isCinderlibError, StorageFailure } from '../errors/index.ts';
import type { Medium } from '../media/medium.ts';
import type { Sqlite } from './engine.ts';
import type { Heap } from './heap.ts';
import type { Mount } from './mount.ts';
import type { Vfs } from './vfs.ts';

interface Parts {
  readonly sqlite: Sqlite;
  readonly heap: Heap;
  readonly vfs: Vfs;
}

export class SqliteInstance {
  /** Null once it has failed: each instance reserves gigabytes of addresses, and its users may not let go of it soon. */
  #parts: Parts | null;
  #fault: unknown = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Why it must not be used any more; null while it may be. */
  get fault(): unknown {
    return this.#fault;
  }

  /** SQLite's functions, to be called in {@link use}. */
  get sqlite(): Sqlite {
    return this.#running.sqlite;
  }

  get heap(): Heap {
    return this.#running.heap;
  }

  /** Gives a medium a name that SQLite can open. */
  mount(medium: Medium): Mount {
    return this.#running.vfs.mount(medium);
  }

  unmount(mount: Mount): void {
    this.#parts?.vfs.unmount(mount);
  }

  /**
   * Calls SQLite. All calls of its functions are made here, apart from those of its start.
   *
   * @param path the database that the calls are about, for messages
   * @param release calls that free what `calls` have used; left out if SQLite fails
   * @throws {StorageFailure} when it fails, or has failed before: then without being called
   */
  use<T>(path: string, calls: () => T, release?: () => void): T {
    if (this.#parts === null) throw this.#failure(path);
    let value: T;
    try {
      value = calls();
    } catch (error) {
      if (isOrdinary(error)) {
        if (release !== undefined && this.#parts !== null) this.use(path, release);
        throw error;
      }
      this.#fail(error);
      throw this.#failure(path);
    }
    if (release !== undefined) this.use(path, release);
    return value;
  }

  get #running(): Parts {
    if (this.#parts === null) throw this.#failure('the database');
    return this.#parts;
  }

  #fail(fault: unknown): void {
    this.#fault = fault;
    this.#parts?.vfs.closeFiles();
    this.#parts = null;
  }

  #failure(path: string): StorageFailure {
    const said = String(this.#fault);
    const message = `Cannot use ${path}: the SQLite engine failed (${said}). Nothing was changed. Try again.`;
    return new StorageFailure(message, path, null, { cause: this.#fault });
  }
}

/** Whether it was thrown between two calls of SQLite; everything else may have come out of one. */
function isOrdinary(error: unknown): boolean {
  return isCinderlibError(error) && !(error instanceof EngineMismatch);
}
