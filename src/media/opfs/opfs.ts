/**
 * A medium in the origin private file system: pages are read and written in place, so the database need not fit
 * in memory. Its files are opened in advance, for SQLite cannot wait; a missing file is represented by an empty one.
 *
 * Nobody else can open them meanwhile. So SQLite may use a write-ahead log, which needs only one flush per commit.
 */
import { type DatabaseChanged, OutcomeUnknown } from '../../errors/index.ts';
import { fileUsesLog } from '../../sqlite-header.ts';
import { BlockFile } from '../block-file.ts';
import { removed } from '../browser-failure.ts';
import { NullGuard } from '../guard.ts';
import type { WebLock } from '../locks/web-lock.ts';
import { type FileKind, lastingFiles, type Medium, type MediumFile } from '../medium.ts';
import { OpfsFile } from './opfs-file.ts';
import type { OpfsPlace } from './opfs-place.ts';

/** How long the file counts as there after a look, in milliseconds. */
const lookLasts = 500;

export class OpfsMedium implements Medium {
  readonly name = 'opfs';
  readonly journal = 'wal';
  readonly readOnly = false;
  readonly lockFile = null;
  readonly guard = new OpfsGuard();
  readonly path: string;
  readonly #place: OpfsPlace;
  readonly #lock: WebLock;
  readonly #isNew: boolean;
  readonly #files: ReadonlyMap<FileKind, OpfsFile>;
  /** Other companions, in memory: nobody needs them again. */
  readonly #passing = new Map<FileKind, BlockFile>();
  #lookedAt = performance.now();
  #closed = false;

  private constructor(place: OpfsPlace, lock: WebLock, files: ReadonlyMap<FileKind, OpfsFile>, isNew: boolean) {
    this.path = place.path;
    this.#place = place;
    this.#lock = lock;
    this.#files = files;
    this.#isNew = isNew;
  }

  /**
   * Opens the files of a database.
   *
   * @param lock released when the medium is closed
   * @param isNew whether there was none, or the opener itself created it
   * @throws {DatabaseLocked | DatabaseUnavailable | StorageFailure} having closed what it had opened
   */
  static async open(place: OpfsPlace, lock: WebLock, isNew: boolean): Promise<OpfsMedium> {
    const files = new Map<FileKind, OpfsFile>();
    try {
      for (const kind of lastingFiles) files.set(kind, new OpfsFile(await place.open(kind), place.path + kind));
      return new OpfsMedium(place, lock, files, isNew);
    } catch (error) {
      for (const file of files.values()) file.release();
      throw error;
    }
  }

  open(kind: FileKind): MediumFile {
    const known = this.#files.get(kind) ?? this.#passing.get(kind);
    if (known !== undefined) return known;
    const file = new BlockFile();
    this.#passing.set(kind, file);
    return file;
  }

  exists(kind: FileKind): boolean {
    return ((this.#files.get(kind) ?? this.#passing.get(kind))?.size() ?? 0) > 0;
  }

  remove(kind: FileKind, durable: boolean): void {
    this.#passing.delete(kind);
    const file = this.#files.get(kind);
    if (file === undefined || file.size() === 0) return;
    file.truncate(0);
    if (durable) file.sync();
  }

  /** A commit is durable as soon as SQLite has synced the files, unless they were removed. */
  async flush(): Promise<void> {
    try {
      if (performance.now() - this.#lookedAt >= lookLasts) await this.#look();
    } catch (cause) {
      // The commit is in the file, if that is there.
      throw new OutcomeUnknown(
        `${this.path}: the change was written, but the browser cannot say whether the file is still there. ` +
          'Check before writing it again.',
        { cause },
      );
    }
    this.guard.checkFile();
  }

  close(): Promise<void> {
    return this.#release((kind) => this.#isIdle(kind));
  }

  drop(): void {
    this.#closed = true;
    // There is no time to look.
    this.#letGo();
    this.#lock.release();
  }

  abandon(): Promise<void> {
    return this.#release((kind) => this.#isNew || (kind !== '' && this.#isIdle(kind)));
  }

  /** An empty log stays with a database that says that it has one: if it were missing, it would count as lost. */
  #isIdle(kind: FileKind): boolean {
    return !this.exists(kind) && (kind !== '-wal' || !fileUsesLog(this.open('')));
  }

  /**
   * Closes the files and removes those that nobody needs. The lock is released last, and in any case. If it cannot be told
   * whether the files are still there, they stay open until the worker ends: see {@link #letGo}.
   */
  async #release(isSpent: (kind: FileKind) => boolean): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#look();
      if (this.guard.isLost) return;
      const spent = lastingFiles.filter(isSpent);
      // First of all, since a log by itself would count as what is left of a database.
      if (spent.includes('')) this.remove('-wal', false);
      this.#letGo();
      for (const kind of spent) await this.#place.remove(kind);
    } finally {
      this.#lock.release();
    }
  }

  /**
   * Lets others open the files. Chromium never returns from closing one that was removed: the end of the worker does
   * that too.
   */
  #letGo(): void {
    if (!this.guard.isLost) for (const file of this.#files.values()) file.release();
  }

  /** Notices that the file is no longer there: what is written then goes nowhere, and the browser does not say so. */
  async #look(): Promise<void> {
    if (await this.#place.isGone(this.#files.keys())) this.guard.lose(this.path);
    this.#lookedAt = performance.now();
  }
}

/** Refuses access once the file was removed. */
class OpfsGuard extends NullGuard {
  #failure: DatabaseChanged | null = null;

  get isLost(): boolean {
    return this.#failure !== null;
  }

  lose(path: string): void {
    this.#failure ??= removed(path);
  }

  override async enter(): Promise<void> {
    this.checkFile();
  }

  override checkFile(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}
