/** Guards a database that is only read: takes no lock, and notices when someone writes. */
import { type CinderlibError, ReadOnly } from '../../errors/index.ts';
import type { ForeignWrite, NativeLocking } from '../guard.ts';
import { writerOf } from '../locks/lock-file.ts';
import { LockLevel } from '../locks/lock-level.ts';
import { NativeLocks } from '../locks/native-locks.ts';
import type { ReadableGuard } from '../readable.ts';
import type { DiskFile, FileSystem } from './disk-file.ts';
import { FileWatch } from './file-watch.ts';

export class ReadOnlyGuard implements ReadableGuard {
  readonly busyTimeout: number;
  readonly #watch: FileWatch;
  readonly #locks: NativeLocks | null;
  /** The journal of a crash that is read together with the file; a different one is a writer's. */
  #adopted: string | null = null;

  constructor(fs: FileSystem, path: string, file: DiskFile, busyTimeout: number) {
    this.busyTimeout = busyTimeout;
    // No lock is ours, not even that of a writer in this process.
    this.#locks = NativeLocks.of(fs, path, file.descriptor, false);
    this.#watch = new FileWatch(fs, path, file, this.#locks, () => writerOf(fs, path));
  }

  get nativeLocks(): NativeLocking {
    return this.#locks === null ? 'none' : 'seen';
  }

  /** Whether the file has a write-ahead log, or an adopted journal of a crash. Any other journal is a writer's. */
  get hasCompanions(): boolean {
    return this.#watch.mode().writeAheadLog || this.hasAdoptedJournal;
  }

  get hasAdoptedJournal(): boolean {
    return this.#adopted !== null && this.#watch.hotJournal() === this.#adopted;
  }

  /** Whether closing a descriptor of the file would drop the locks of a writer in this process. */
  get sharesProcessWithWriter(): boolean {
    return this.#locks?.heldByThisProcess() ?? false;
  }

  async prepare(): Promise<void> {}

  async enter(): Promise<void> {
    throw new ReadOnly(this.#watch.path);
  }

  async leave(): Promise<void> {}

  async keepsOthersOut(): Promise<boolean> {
    return false;
  }

  /** Every read goes by the version of the files. */
  wasOverwritten(): boolean {
    return false;
  }

  checkFile(): void {
    this.#watch.checkFile();
  }

  stamp(): string {
    return `${this.#watch.stamp()} ${this.hasAdoptedJournal}`;
  }

  /** Changes with each commit, and when the journal of a crash is adopted or gone. */
  version(): string {
    return `${this.#watch.version()} ${this.hasAdoptedJournal}`;
  }

  /** A program that rolls it back locks the file first, and leaves another journal, or none. */
  adoptJournal(): void {
    this.#adopted = this.#watch.hotJournal();
  }

  hasHotJournal(): boolean {
    return this.#watch.hasHotJournal();
  }

  foreignWrite(): ForeignWrite | null {
    const foreignWrite = this.#watch.foreignWrite();
    return foreignWrite?.abandoned && this.hasAdoptedJournal ? null : foreignWrite;
  }

  refusal(level: number): CinderlibError | null {
    if (level > LockLevel.shared) return new ReadOnly(this.#watch.path);
    return this.#watch.othersLevel() >= LockLevel.pending ? this.#watch.locked(0) : null;
  }

  mayBeOverwritten(): boolean {
    return false;
  }

  isReserved(): boolean {
    return this.#watch.othersLevel() >= LockLevel.reserved;
  }

  async mayTidy(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {
    this.#locks?.close();
  }
}
