/** A medium on a real file system that is only read: it writes nothing and leaves nothing behind. */
import { DatabaseUnavailable, ReadOnly } from '../../errors/index.ts';
import type { FileKind, MediumFile } from '../medium.ts';
import type { ReadableMedium } from '../readable.ts';
import { DiskFile, type FileSystem } from './disk-file.ts';
import { errnoOf, openFailure, storageFailure } from './failure.ts';
import { MainFile } from './main-file.ts';
import { ReadOnlyGuard } from './read-only-guard.ts';

export class ReadOnlyMedium implements ReadableMedium {
  readonly name = 'filesystem';
  readonly journal = 'truncate';
  readonly path: string;
  readonly readOnly = true;
  readonly lockFile = null;
  readonly guard: ReadOnlyGuard;
  readonly #fs: FileSystem;
  readonly #main: MainFile;
  #closed = false;

  /** @param path absolute, free of symbolic links */
  constructor(fs: FileSystem, path: string, busyTimeout: number) {
    this.#fs = fs;
    this.path = path;
    const file = this.#openFile('');
    this.#main = new MainFile(file, false);
    try {
      this.guard = new ReadOnlyGuard(fs, path, file, busyTimeout);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  open(kind: FileKind): MediumFile {
    return kind === '' ? this.#main : this.#openFile(kind);
  }

  /**
   * The guard handles journals, before and after each read. SQLite would only try to roll one back, and fail
   * if its writer removes it at that moment.
   */
  exists(kind: FileKind): boolean {
    if (kind === '-journal') return false;
    const path = this.path + kind;
    try {
      return (this.#fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
    } catch (error) {
      throw storageFailure('stat', path, error);
    }
  }

  /** Each read checks the files itself. */
  async look(): Promise<void> {}

  remove(): never {
    throw new ReadOnly(this.path);
  }

  /** The whole content of a file; null where there is none. */
  content(kind: FileKind): Uint8Array | null {
    const isThere = kind === '' || (kind === '-journal' ? this.guard.hasAdoptedJournal : this.exists(kind));
    if (!isThere) return null;
    const file = this.open(kind);
    try {
      const bytes = new Uint8Array(file.size());
      return bytes.subarray(0, file.read(bytes, 0));
    } finally {
      file.close();
    }
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      // Leaking a descriptor until the process ends is better than dropping the lock of a writer in this process.
      if (!this.guard.sharesProcessWithWriter) this.#main.file.close();
    } finally {
      await this.guard.close();
    }
  }

  abandon(): Promise<void> {
    return this.close();
  }

  #openFile(kind: FileKind): DiskFile {
    const path = this.path + kind;
    try {
      return new DiskFile(this.#fs, path, this.#fs.openSync(path, this.#fs.constants.O_RDONLY), null);
    } catch (error) {
      // Its folder exists: the database was looked up in it.
      if (kind !== '' || errnoOf(error) !== 'ENOENT') throw openFailure('read', path, error);
      const message = `Cannot open ${path}: no such file (ENOENT). Check the path: reading creates no database.`;
      throw Object.assign(new DatabaseUnavailable(message, path, { cause: error }), { missing: true });
    }
  }
}
