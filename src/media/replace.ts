/**
 * Puts a new file in the place of one that may be a database: not while somebody uses that, and with nothing
 * left beside it that would be played into the new one.
 *
 * These must hold:
 * - The library's lock is held from the beginning to the end, and of a SQLite database SQLite's own, where a keeper
 *   can hold it: what is written into it meanwhile would be lost without a word.
 * - What lies beside the old database goes before the new one comes. A journal or a log knows only the name that it
 *   belongs to: beside the new file it would be played into that.
 * - Nothing that makes the old database whole is removed. A keeper has it played back; where there is none, and one
 *   is needed, nothing is replaced.
 */
import { DatabaseCorrupt, DatabaseUnavailable, NotADatabase } from '../errors/index.ts';
import { builtin } from '../runtime.ts';
import { takeLock } from '../tabs/lock.ts';
import { isHotJournal, look } from './companion.ts';
import { DiskFile, type FileSystem, syncFolder } from './disk-file.ts';
import { openFailure, storageFailure } from './failure.ts';
import { FileGuard, type StartKeeper } from './file-guard.ts';
import type { Guard } from './guard.ts';
import { companions, locate, type Place } from './locate.ts';
import { startKeeper } from './start-keeper.ts';

/** How long others are waited for, in milliseconds. */
const busyTimeout = 5000;
const sqliteHeader = 'SQLite format 3\0';

/** The place of a file that is going to be replaced: nobody else may have it as a database meanwhile. */
export class TakenPlace {
  /** Absolute and free of symbolic links: a link stays, and what it leads to is replaced. */
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

  /** @throws {DatabaseLocked} when another program has it open; {DatabaseUnavailable} when it is no file */
  static async take(database: string, start: StartKeeper = startKeeper): Promise<TakenPlace> {
    const [fs, paths] = [builtin('node:fs'), builtin('node:path')];
    if (fs === undefined || paths === undefined) {
      throw new DatabaseUnavailable(`Cannot replace ${database}: this runtime has no file system.`, database);
    }
    const place = locate(fs, paths, database);
    const lock = await takeLock(place.path);
    const taken = new TakenPlace(fs, place, () => lock.release());
    try {
      await taken.#guardDatabase(start);
      return taken;
    } catch (error) {
      await taken.close();
      throw error;
    }
  }

  /** Who may read and write what is there; null where nothing is. */
  get mode(): number | null {
    const there = this.#fs.statSync(this.path, { throwIfNoEntry: false });
    return there === undefined ? null : there.mode & 0o777;
  }

  /**
   * Gives the place to a file of the same folder, which nobody has open any more.
   *
   * @throws {DatabaseLocked | DatabaseChanged} when somebody has begun to use what was there meanwhile
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

  /** What is no database is nobody's, and no native SQLite is to touch it. */
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
      // A damaged one is what a backup is to replace: native programs can do as little with it as we.
      await this.#guard.close();
      this.#guard = null;
    }
  }

  /** With a keeper there is nothing any more: the native SQLite has played it back. */
  #refuseNeeded(): void {
    const isNeeded = isHotJournal(this.#fs, `${this.path}-journal`) || look(this.#fs, `${this.path}-wal`, 0) !== null;
    if (!isNeeded) return;
    throw new DatabaseUnavailable(
      `Cannot replace ${this.path}: what lies beside it, -journal or -wal, holds changes of it that a crash interrupted. ` +
        'Open it once for writing, here or with sqlite3, or remove it with what lies beside it.',
      this.path,
    );
  }
}

/** An empty file is one that somebody may be making just now. */
function isDatabase(file: DiskFile): boolean {
  const start = new Uint8Array(sqliteHeader.length);
  const count = file.read(start, 0);
  return count === 0 || String.fromCharCode(...start) === sqliteHeader;
}
