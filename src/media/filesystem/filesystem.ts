/**
 * A medium on a real file system: pages are read and written in place, as in SQLite's own VFS.
 *
 * The files have the names that native SQLite gives them, so either side can roll back what the other
 * left behind in a crash. The database file itself is opened once and stays open until the end:
 * closing any descriptor of it would drop the locks that this process has on it.
 */
import type { LockFile } from '../../rpc/contract.ts';
import { type Guard, NullGuard } from '../guard.ts';
import type { FileKind, Medium, MediumFile } from '../medium.ts';
import { isHotJournal } from './companion.ts';
import { DiskFile, type FileSystem, syncFolder } from './disk-file.ts';
import { errnoOf, openFailure, storageFailure } from './failure.ts';
import { MainFile } from './main-file.ts';

/** What the medium knows about the lock that its opener took. */
interface Lock {
  readonly file?: LockFile;
  release(): void;
}

/** Makes the guard of the open database file. */
export type MakeGuard = (file: DiskFile) => Guard;

export class FilesystemMedium implements Medium {
  readonly name = 'filesystem';
  readonly journal = 'truncate';
  readonly path: string;
  readonly readOnly = false;
  readonly #fs: FileSystem;
  readonly #folder: string;
  readonly #lock: Lock;
  readonly #makeGuard: MakeGuard;
  readonly #open = new Set<DiskFile>();
  readonly #created = new Set<FileKind>();
  #main: MainFile | null = null;
  #guard: Guard | null = null;
  #closed = false;

  /**
   * @param path absolute, free of symbolic links
   * @param lock keeps others out; released when the medium is closed
   * @param seeded whether the opener itself put the database there
   * @param makeGuard makes what keeps native programs out; by default nothing does
   */
  constructor(
    fs: FileSystem,
    path: string,
    folder: string,
    lock: Lock,
    seeded = false,
    makeGuard: MakeGuard = () => new NullGuard(),
  ) {
    this.#fs = fs;
    this.path = path;
    this.#folder = folder;
    this.#lock = lock;
    this.#makeGuard = makeGuard;
    if (seeded) this.#created.add('');
  }

  get lockFile(): LockFile | null {
    return this.#lock.file ?? null;
  }

  get guard(): Guard {
    this.#guard ??= this.#makeGuard(this.#mainFile(true).file);
    return this.#guard;
  }

  open(kind: FileKind, create: boolean): MediumFile {
    return kind === '' ? this.#mainFile(create) : this.#openFile(kind, create);
  }

  exists(kind: FileKind): boolean {
    const path = this.path + kind;
    try {
      return (this.#fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
    } catch (error) {
      throw storageFailure('stat', path, error);
    }
  }

  remove(kind: FileKind, durable: boolean): void {
    const path = this.path + kind;
    try {
      this.#fs.unlinkSync(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      throw storageFailure('remove', path, error);
    }
    this.#created.delete(kind);
    if (!durable) return;
    try {
      syncFolder(this.#fs, this.#folder);
    } catch (error) {
      throw storageFailure('sync', this.#folder, error);
    }
  }

  /** A commit is durable as soon as SQLite has synced the files. */
  async flush(): Promise<void> {}

  close(): Promise<void> {
    return this.#release(() => {
      this.#removeSpentJournal();
      // A database that nobody wrote to leaves no file behind.
      if (this.#created.has('') && !this.exists('')) this.remove('', false);
    });
  }

  abandon(): Promise<void> {
    return this.#release(() => {
      const isOurs = this.#created.has('') && (this.#main === null || this.#main.written || !this.exists(''));
      for (const kind of this.#created) {
        // A journal that is not empty may be needed to make an older database whole.
        if (isOurs || (kind !== '' && !this.exists(kind))) this.remove(kind, false);
      }
    });
  }

  /** The lock is released last, and in any case: nobody may come in before the files are in order. */
  async #release(tidy: () => void): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      // By now the names may lead to files of another program.
      if (this.#guard === null || (await this.#guard.mayTidy())) tidy();
    } finally {
      await this.#letGo();
    }
  }

  async #letGo(): Promise<void> {
    try {
      for (const file of this.#open) file.close();
    } finally {
      try {
        await this.#guard?.close();
      } finally {
        this.#lock.release();
      }
    }
  }

  /** Removes the journal, unless it is hot: the database then needs it to be whole. */
  #removeSpentJournal(): void {
    try {
      if (!isHotJournal(this.#fs, `${this.path}-journal`)) this.remove('-journal', false);
    } catch {
      // It has no effect, and may stay.
    }
  }

  #mainFile(create: boolean): MainFile {
    // Read before opening, which may create the file.
    const seeded = this.#created.has('');
    this.#main ??= new MainFile(this.#openFile('', create), seeded);
    return this.#main;
  }

  #openFile(kind: FileKind, create: boolean): DiskFile {
    const path = this.path + kind;
    try {
      const { descriptor, created } = this.#descriptor(path, kind, create);
      try {
        const file = new DiskFile(this.#fs, path, descriptor, created ? this.#folder : null);
        // SQLite opens its journal anew for each transaction: forget the files that it has closed.
        for (const known of this.#open) if (!known.isOpen) this.#open.delete(known);
        this.#open.add(file);
        return file;
      } catch (error) {
        this.#fs.closeSync(descriptor);
        throw error;
      }
    } catch (error) {
      throw openFailure('open', path, error);
    }
  }

  #descriptor(path: string, kind: FileKind, create: boolean): { descriptor: number; created: boolean } {
    const fs = this.#fs;
    try {
      return { descriptor: fs.openSync(path, fs.constants.O_RDWR), created: false };
    } catch (error) {
      if (!create || errnoOf(error) !== 'ENOENT') throw error;
    }
    const { O_RDWR, O_CREAT, O_EXCL } = fs.constants;
    const like = kind === '' ? undefined : fs.statSync(this.path, { throwIfNoEntry: false });
    const descriptor = fs.openSync(path, O_RDWR | O_CREAT | O_EXCL, like === undefined ? 0o644 : like.mode & 0o777);
    this.#created.add(kind);
    if (like !== undefined) this.#giveAway(descriptor, like.uid, like.gid);
    return { descriptor, created: true };
  }

  /** A journal belongs to the database's owner, who must be able to roll it back after root crashed. */
  #giveAway(descriptor: number, owner: number, group: number): void {
    try {
      const { uid, gid } = this.#fs.fstatSync(descriptor);
      if (uid !== owner || gid !== group) this.#fs.fchownSync(descriptor, owner, group);
    } catch {
      // Only root may do this, and only root needs it.
    }
  }
}
