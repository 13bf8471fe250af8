/**
 * Guards a database on disk that is open for writing here.
 *
 * Where a keeper can hold SQLite's own lock for us, native programs can read but not write between our transactions,
 * and do neither during one. Elsewhere their locks are respected as far as they can be seen. A keeper has to release
 * one lock before it takes the other, so that another program may get in between; therefore each transaction first
 * checks that the file is as the last one left it.
 */
import { type CinderlibError, DatabaseChanged, DatabaseUnavailable } from '../errors/index.ts';
import { pause } from '../runtime.ts';
import type { DiskFile, FileSystem } from './disk-file.ts';
import { difference, type FileState } from './file-state.ts';
import { FileWatch } from './file-watch.ts';
import type { ForeignWrite, Guard, NativeLocking } from './guard.ts';
import { type Keeper, RunnerLost } from './keeper.ts';
import { LockLevel, NativeLocks } from './native-locks.ts';

/** The longest pause between two attempts to get a lock, in milliseconds. */
const longestPause = 50;

/** By the level of our lock: the lowest level of another's lock that conflicts with it. */
const conflicts: Readonly<Record<number, number>> = {
  [LockLevel.shared]: LockLevel.pending,
  [LockLevel.reserved]: LockLevel.reserved,
  [LockLevel.exclusive]: LockLevel.shared,
};

/** Starts a keeper of the lock; null where none can run. */
export type StartKeeper = (path: string) => Promise<Keeper | null>;

export class FileGuard implements Guard {
  readonly busyTimeout: number;
  readonly #watch: FileWatch;
  readonly #locks: NativeLocks | null;
  readonly #start: StartKeeper;
  /** Undefined until {@link prepare}: no native program may touch a file that is not a database. */
  #keeper: Keeper | null | undefined;
  /** Whether the lock of a keeper was seen: then there is one, and nothing is written without it. */
  #isProven = false;
  #inside = false;
  /** Whether the keeper holds the lock that keeps writers out, and the pending attempt to get it. */
  #rests = false;
  #resting: Promise<void> = Promise.resolve();
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
    this.#start = start;
  }

  get nativeLocks(): NativeLocking {
    if (this.#keeper) return 'held';
    return this.#locks === null ? 'none' : 'seen';
  }

  async prepare(): Promise<void> {
    if (this.#keeper === undefined) this.#keeper = await this.#startKeeper();
  }

  async enter(purpose: 'write' | 'recover' | 'refresh'): Promise<void> {
    this.checkFile();
    await this.#exclude(purpose === 'write' ? this.#known : null);
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
      this.#rest();
      throw error;
    }
  }

  leave(): Promise<void> {
    this.#inside = false;
    if (this.#adopts) this.#known = this.#remember();
    this.#rest();
    // The next transaction would wait for it anyway.
    return this.#resting;
  }

  async keepsOthersOut(): Promise<boolean> {
    await this.#resting;
    if (!this.#rests) return false;
    if (this.#keeper?.alive && this.#stillHolds(LockLevel.reserved)) return true;
    // Closing any descriptor of the file in our own process has dropped the lock: take it again.
    this.#rest();
    await this.#resting;
    return this.#rests && this.#stillHolds(LockLevel.reserved);
  }

  checkFile(): void {
    this.#watch.checkFile();
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
      const refusal = this.#keeper ? this.#refusalWithin(level) : this.#conflict(level);
      this.#writes ||= refusal === null && writes;
      return refusal;
    }
    // Only reading is allowed now, and a hot journal, which reading would have to roll back first, is left alone.
    if (level > LockLevel.shared) return this.#watch.locked(0);
    return this.#rests ? null : this.#conflict(level);
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
    await this.#resting;
    if (this.#watch.isMoved()) return false;
    if (this.#rests && this.#keeper?.alive) return true;
    return this.#locks === null ? !this.#keeper : this.#watch.othersLevel() < LockLevel.reserved;
  }

  async close(): Promise<void> {
    await this.#resting;
    try {
      await this.#keeper?.close();
    } finally {
      this.#locks?.close();
    }
  }

  /** The keeper got the lock; whether it still holds it is checked when the file itself is about to be written. */
  #refusalWithin(level: number): CinderlibError | null {
    if (level < LockLevel.exclusive) return null;
    if (this.#keeper?.alive && this.#stillHolds(LockLevel.exclusive)) {
      return this.#watch.hasReadersOfLog() ? this.#watch.locked(0) : null;
    }
    return new DatabaseUnavailable(
      `${this.#watch.path}: the lock that keeps other programs out was lost during a change. ` +
        'Nothing was written; try again.',
      this.#watch.path,
    );
  }

  #lostExclusivity(): boolean {
    if (this.#keeper) return !(this.#keeper.alive && this.#stillHolds(LockLevel.exclusive));
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

  #stillHolds(level: number): boolean {
    return this.#locks === null || this.#locks.holds(level);
  }

  /** @param known the state that the file must be in, hence also its journal mode; null for any */
  async #exclude(known: FileState | null): Promise<void> {
    await this.#resting;
    this.#rests = false;
    const startedAt = performance.now();
    for (let delay = 1; !(await this.#tryExclude(known)); delay = Math.min(2 * delay, longestPause)) {
      const waited = performance.now() - startedAt;
      if (waited >= this.busyTimeout) {
        this.#rest();
        throw this.#watch.locked(waited);
      }
      await pause(delay);
    }
  }

  async #tryExclude(known: FileState | null): Promise<boolean> {
    await this.prepare();
    const keeper = this.#keeper;
    if (!keeper) return this.#watch.othersLevel() === LockLevel.none;
    try {
      if (!(await this.#excludeBy(keeper, known))) return false;
      if (!this.#isProven && !this.#holdsBy(keeper)) {
        // It may have just been killed: then this throws.
        if (!(await this.#excludeBy(keeper, known))) return false;
        if (!this.#holdsBy(keeper)) return await this.#excludeWithout(keeper);
      }
      this.#isProven = true;
      return true;
    } catch (error) {
      if (!(error instanceof RunnerLost)) throw error;
      return this.#excludeAnew(known, error);
    }
  }

  /** The keeper has died: tries once more with a new one, never without. */
  async #excludeAnew(known: FileState | null, lost: RunnerLost): Promise<boolean> {
    const { path } = this.#watch;
    try {
      const keeper = await this.#startKeeper();
      if (keeper === null) throw lost;
      this.#keeper = keeper;
      return await this.#excludeBy(keeper, known);
    } catch (error) {
      if (!(error instanceof RunnerLost)) throw error;
      const message = `The native SQLite that locks ${path} was lost, and another one did not start`;
      throw new DatabaseUnavailable(`${message}: ${error.message}. Nothing was written; try again.`, path);
    }
  }

  async #excludeBy(keeper: Keeper, known: FileState | null): Promise<boolean> {
    if (!(await keeper.exclude(known ?? this.#watch.mode()))) return false;
    // Another program has just switched to a write-ahead log, which has other locks: try again in that mode.
    if (known === null && this.#watch.state().writeAheadLog) return false;
    // Where `sqlite3` is a script, the process that holds the lock can be found only now that it does.
    if (keeper.pid !== null && !this.#holdsBy(keeper)) this.#locks?.adoptChildOf(keeper.pid);
    return true;
  }

  /** Whether the lock that the keeper reports is there. In this process it is, unless something has dropped it. */
  #holdsBy(keeper: Keeper): boolean {
    return keeper.pid === null || this.#stillHolds(LockLevel.exclusive);
  }

  /** Its lock is held by a process that we cannot tell from others, or nowhere: as if there were no `sqlite3`. */
  async #excludeWithout(keeper: Keeper): Promise<boolean> {
    await keeper.close();
    this.#keeper = null;
    return this.#tryExclude(null);
  }

  async #startKeeper(): Promise<Keeper | null> {
    const keeper = await this.#start(this.#watch.path);
    if (keeper !== null && keeper.pid !== null) this.#locks?.adopt(keeper.pid);
    return keeper;
  }

  #rest(): void {
    this.#rests = false;
    const keeper = this.#keeper;
    if (!keeper) return;
    this.#resting = keeper.rest().then(
      (rests) => {
        this.#rests = rests;
      },
      // The next transaction meets the same failure, and reports it.
      () => {},
    );
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
