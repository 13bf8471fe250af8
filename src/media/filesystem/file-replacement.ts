/**
 * Replaces a file that may be a database with a new one: not while anyone uses it, and leaving nothing beside it
 * that would be replayed into the new one.
 *
 * Invariants:
 * - The library's lock is held from beginning to end, and for a SQLite database also SQLite's own, where a keeper
 *   can hold it: anything written to it meanwhile would be silently lost.
 * - What lies beside the old database is removed before the new one comes. SQLite finds a journal or a log by name
 *   only: beside the new file it would be replayed into that.
 * - Nothing that the old database needs to be whole is removed. A keeper has it rolled back or checkpointed; where
 *   there is no keeper and one is needed, nothing is replaced.
 */
import { DatabaseCorrupt, DatabaseUnavailable, NotADatabase } from '../../errors/index.ts';
import { builtin } from '../../runtime.ts';
import { isSqlite, signature } from '../../sqlite-header.ts';
import type { Guard } from '../guard.ts';
import { takeLock } from '../locks/lock-file.ts';
import { type StartKeeper, startKeeper } from '../locks/start-keeper.ts';
import { isHotJournal, look } from './companion.ts';
import { DiskFile, type FileSystem, syncFolder } from './disk-file.ts';
import { openFailure, storageFailure } from './failure.ts';
import { FileGuard } from './file-guard.ts';
import { companions, locate, type Place, refuseMountedAlone } from './locate.ts';

/** How long to wait for others, in milliseconds. */
const busyTimeout = 5000;

/** The place of a file that is about to be replaced: nobody else may open it as a database meanwhile. */
export class FileReplacement {
  /** Absolute and free of symbolic links: a link stays, and its target is replaced. */
  readonly path: string;
  readonly #fs: FileSystem;
  readonly #place: Place;
  readonly #release: () => void;
  #file: DiskFile | null = null;
  #guard: Guard | null = null;

  private constructor(fs: FileSystem, place: Place, release: () => void) {
    this.path = place.path;
    this.#fs = fs;
    this.#place = place;
    this.#release = release;
  }

  /** @throws {DatabaseLocked} when another program has it open; {DatabaseUnavailable} when it is not a file */
  static async begin(database: string, start: StartKeeper = startKeeper): Promise<FileReplacement> {
    const [fs, paths] = [builtin('node:fs'), builtin('node:path')];
    if (fs === undefined || paths === undefined) {
      throw new DatabaseUnavailable(`Cannot replace ${database}: this runtime has no file system.`, database);
    }
    const place = locate(fs, paths, database);
    refuseMountedAlone(fs, place);
    const lock = await takeLock(place.path);
    const replacement = new FileReplacement(fs, place, () => lock.release());
    try {
      await replacement.#guardDatabase(start);
      return replacement;
    } catch (error) {
      await replacement.close();
      throw error;
    }
  }

  /** The permission bits of the present file; null where there is none. */
  get mode(): number | null {
    const there = this.#fs.statSync(this.path, { throwIfNoEntry: false });
    return there === undefined ? null : there.mode & 0o777;
  }

  /**
   * Moves a file of the same folder, which nobody has open any more, into the place.
   *
   * @throws {DatabaseLocked | DatabaseChanged} when another program has begun to use the old file meanwhile
   */
  async put(file: string): Promise<void> {
    await this.#guard?.enter('write');
    if (this.#guard !== null) this.#refuseNeeded();
    try {
      for (const kind of companions) this.#fs.rmSync(this.path + kind, { force: true });
      syncFolder(this.#fs, this.#place.folder);
      this.#fs.renameSync(file, this.path);
      syncFolder(this.#fs, this.#place.folder);
    } catch (error) {
      throw storageFailure('replace', this.path, error);
    }
  }

  /** Lets others in again. Idempotent. */
  async close(): Promise<void> {
    const guard = this.#guard;
    this.#guard = null;
    try {
      this.#file?.close();
      await guard?.close();
    } finally {
      this.#release();
    }
  }

  /** A file that is not a database needs no guard, and native SQLite must not touch it. */
  async #guardDatabase(start: StartKeeper): Promise<void> {
    const fs = this.#fs;
    if (this.mode === null) return;
    try {
      this.#file = new DiskFile(fs, this.path, fs.openSync(this.path, fs.constants.O_RDONLY), null);
    } catch (error) {
      throw openFailure('open', this.path, error);
    }
    if (!isDatabase(this.#file)) return;
    this.#guard = new FileGuard(fs, this.path, this.#file, busyTimeout, start);
    try {
      await this.#guard.enter('refresh');
      await this.#guard.leave();
    } catch (error) {
      if (!(error instanceof NotADatabase || error instanceof DatabaseCorrupt)) throw error;
      // A damaged database is what a backup replaces: native programs can do as little with it as we can.
      await this.#guard.close();
      this.#guard = null;
    }
  }

  /** With a keeper nothing is left there: native SQLite has rolled it back or checkpointed it. */
  #refuseNeeded(): void {
    const isNeeded = isHotJournal(this.#fs, `${this.path}-journal`) || look(this.#fs, `${this.path}-wal`, 0) !== null;
    if (!isNeeded) return;
    throw new DatabaseUnavailable(
      `Cannot replace ${this.path}: its -journal or -wal file holds changes that a crash interrupted. ` +
        'Open it once for writing, here or with sqlite3, or remove it together with that file.',
      this.path,
    );
  }
}

/** An empty file counts: another program may just be creating a database in it. */
function isDatabase(file: DiskFile): boolean {
  const start = new Uint8Array(signature.length);
  return isSqlite(start.subarray(0, file.read(start, 0)));
}
