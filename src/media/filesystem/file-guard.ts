/**
 * Guards a database on disk that is open for writing here.
 *
 * Where a keeper can hold SQLite's own lock for us, native programs can read but not write between our transactions,
 * and do neither during one. Elsewhere their locks are respected as far as they can be seen. Since another program may
 * get in while the keeper changes from one lock to the other, each transaction first checks that the file is as the last
 * one left it.
 */
import { type CinderlibError, DatabaseChanged, DatabaseUnavailable } from '../../errors/index.ts';
import type { ForeignWrite, Guard, NativeLocking, Purpose } from '../guard.ts';
import { KeptLock } from '../locks/kept-lock.ts';
import { LockLevel } from '../locks/lock-level.ts';
import { NativeLocks } from '../locks/native-locks.ts';
import type { StartKeeper } from '../locks/start-keeper.ts';
import type { DiskFile, FileSystem } from './disk-file.ts';
import { difference, type FileState } from './file-state.ts';
import { FileWatch } from './file-watch.ts';

/** By the level of our lock: the lowest level of another's lock that conflicts with it. */
const conflicts: Readonly<Record<number, number>> = {
  [LockLevel.shared]: LockLevel.pending,
  [LockLevel.reserved]: LockLevel.reserved,
  [LockLevel.exclusive]: LockLevel.shared,
};

export class FileGuard implements Guard {
  readonly busyTimeout: number;
  readonly #watch: FileWatch;
  /** Null where the locks on the file cannot be seen. */
  readonly #locks: NativeLocks | null;
  readonly #keptLock: KeptLock;
  #inside = false;
  /** The file as our last transaction left it; null when that is unknown. */
  #known: FileState | null = null;
  #adopts = true;
  /** Whether the file is being written since {@link enter}, and its change counter before that. */
  #writes = false;
  #counter = 0;

  constructor(fs: FileSystem, path: string, file: DiskFile, busyTimeout: number, start: StartKeeper) {
    this.busyTimeout = busyTimeout;
    this.#locks = NativeLocks.of(fs, path, file.descriptor, true);
    this.#watch = new FileWatch(fs, path, file, this.#locks);
    this.#keptLock = new KeptLock(this.#watch, this.#locks, busyTimeout, start);
  }

  get nativeLocks(): NativeLocking {
    if (this.#keptLock.hasKeeper) return 'held';
    return this.#locks === null ? 'none' : 'seen';
  }

  prepare(): Promise<void> {
    return this.#keptLock.prepare();
  }

  async enter(purpose: Purpose): Promise<void> {
    this.checkFile();
    await this.#keptLock.exclude(purpose === 'write' ? this.#known : null);
    this.#inside = true;
    try {
      this.checkFile();
      const found = this.#watch.state();
      this.#counter = found.counter;
      this.#writes = false;
      const changed = this.#known === null ? null : difference(this.#known, found);
      if (changed !== null && purpose === 'write') throw this.#changed(changed);
      this.#adopts = changed === null || purpose === 'refresh';
    } catch (error) {
      this.#inside = false;
      void this.#keptLock.rest();
      throw error;
    }
  }

  leave(): Promise<void> {
    this.#inside = false;
    if (this.#adopts) this.#known = this.#remember();
    // The next transaction would wait for it anyway.
    return this.#keptLock.rest();
  }

  keepsOthersOut(): Promise<boolean> {
    return this.#keptLock.keepsWritersOut();
  }

  checkFile(): void {
    this.#watch.checkFile();
  }

  wasOverwritten(): boolean {
    return this.#known !== null && difference(this.#known, this.#watch.state()) !== null;
  }

  stamp(): string {
    const { writeAheadLog } = this.#watch.mode();
    if (writeAheadLog) throw this.#changed('was switched to a write-ahead log');
    return this.#watch.stamp();
  }

  hasHotJournal(): boolean {
    return this.#watch.hasHotJournal();
  }

  foreignWrite(): ForeignWrite | null {
    return this.#watch.foreignWrite();
  }

  refusal(level: number, writes = false): CinderlibError | null {
    if (this.#inside) {
      const refusal = this.#keptLock.hasKeeper ? this.#refusalWithin(level) : this.#conflict(level);
      this.#writes ||= refusal === null && writes;
      return refusal;
    }
    // Only reading is allowed now, and a hot journal, which reading would have to roll back first, is left alone.
    if (level > LockLevel.shared) return this.#watch.locked(0);
    return this.#keptLock.rests ? null : this.#conflict(level);
  }

  mayBeOverwritten(): boolean {
    if (!this.#writes || !this.#lostExclusivity()) return false;
    // Lets the next change find that the file is not as we left it.
    this.#adopts = false;
    return true;
  }

  isReserved(): boolean {
    return this.#watch.othersLevel() >= LockLevel.reserved;
  }

  async mayTidy(): Promise<boolean> {
    await this.#keptLock.settled;
    if (this.#watch.isMoved()) return false;
    if (this.#keptLock.rests && this.#keptLock.isKeeperAlive) return true;
    if (this.#locks !== null) return this.#watch.othersLevel() < LockLevel.reserved;
    return !this.#keptLock.hasKeeper || this.#keptLock.excludesNow();
  }

  async close(): Promise<void> {
    try {
      await this.#keptLock.close();
    } finally {
      this.#locks?.close();
    }
  }

  /** The keeper got the lock; whether it still holds it is checked when the file itself is about to be written. */
  #refusalWithin(level: number): CinderlibError | null {
    if (level < LockLevel.exclusive) return null;
    if (this.#keptLock.excludes()) return this.#watch.hasReadersOfLog() ? this.#watch.locked(0) : null;
    return new DatabaseUnavailable(
      `${this.#watch.path}: the lock that keeps other programs out was lost during a change. ` +
        'Nothing was written; try again.',
      this.#watch.path,
    );
  }

  #lostExclusivity(): boolean {
    if (this.#keptLock.hasKeeper) return !this.#keptLock.excludes();
    try {
      // A native program takes our journal for a hot one: it rolls it back and removes it.
      const undone = !this.#watch.hasJournalFile() || this.#watch.state().counter !== (this.#counter + 1) % 2 ** 32;
      return undone || this.#watch.othersLevel() > LockLevel.none;
    } catch {
      return true;
    }
  }

  #conflict(level: number): CinderlibError | null {
    const conflict = conflicts[level] ?? LockLevel.shared;
    return this.#watch.othersLevel() >= conflict ? this.#watch.locked(0) : null;
  }

  #remember(): FileState | null {
    try {
      // A journal that is still to be rolled back will change the file.
      return this.#watch.hasHotJournal() ? null : this.#watch.state();
    } catch {
      return null;
    }
  }

  #changed(how: string): DatabaseChanged {
    const { path } = this.#watch;
    return new DatabaseChanged(
      `${path} ${how} by another program while it was open here: nothing was written. ` +
        'Call refresh(), reload what you need, and repeat.',
      path,
    );
  }
}
