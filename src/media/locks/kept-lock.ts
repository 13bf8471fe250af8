/**
 * SQLite's own lock on a database on disk, which a keeper holds for us.
 *
 * It has two states. At rest, others may read but not write; while it excludes, they do neither. A keeper has to release
 * one before it takes the other, so that another program may get in between. Where no keeper can run, nothing keeps others
 * out: to exclude then only means that none of them was seen to hold a lock.
 */
import { DatabaseCorrupt, DatabaseUnavailable } from '../../errors/index.ts';
import { pause } from '../../runtime.ts';
import type { FileState } from '../filesystem/file-state.ts';
import type { FileWatch } from '../filesystem/file-watch.ts';
import { type Keeper, RunnerLost } from './keeper.ts';
import { LockLevel } from './lock-level.ts';
import type { NativeLocks } from './native-locks.ts';
import type { StartKeeper } from './start-keeper.ts';

/** The longest pause between two attempts to get the lock, in milliseconds. */
const longestPause = 50;

export class KeptLock {
  readonly #watch: FileWatch;
  readonly #locks: NativeLocks | null;
  readonly #busyTimeout: number;
  readonly #start: StartKeeper;
  /** Undefined until {@link prepare}: no native program may touch a file that is not a database. */
  #keeper: Keeper | null | undefined;
  /** Whether the lock of a keeper was seen: then there is one, and nothing is written without it. */
  #isProven = false;
  #rests = false;
  /** The pending attempt to get to rest. */
  #resting: Promise<void> = Promise.resolve();

  /** @param locks shows whether the lock is really there; null where that cannot be seen */
  constructor(watch: FileWatch, locks: NativeLocks | null, busyTimeout: number, start: StartKeeper) {
    this.#watch = watch;
    this.#locks = locks;
    this.#busyTimeout = busyTimeout;
    this.#start = start;
  }

  get hasKeeper(): boolean {
    return Boolean(this.#keeper);
  }

  /** Whether the keeper has the lock that keeps writers out. */
  get rests(): boolean {
    return this.#rests;
  }

  get isKeeperAlive(): boolean {
    return this.#keeper?.alive ?? false;
  }

  /** Resolves when the last {@link rest} has succeeded or failed. */
  get settled(): Promise<void> {
    return this.#resting;
  }

  /** Starts the keeper, which locks nothing yet. */
  async prepare(): Promise<void> {
    if (this.#keeper === undefined) this.#keeper = await this.#startKeeper();
  }

  /** Whether the keeper still keeps everyone out. */
  excludes(): boolean {
    return this.isKeeperAlive && this.#stillHolds(LockLevel.exclusive);
  }

  /** Whether the keeper keeps writers out. */
  async keepsWritersOut(): Promise<boolean> {
    await this.#resting;
    if (!this.#rests) return false;
    if (this.isKeeperAlive && this.#stillHolds(LockLevel.reserved)) return true;
    // Closing any descriptor of the file in our own process has dropped the lock: take it again.
    await this.rest();
    return this.#rests && this.#stillHolds(LockLevel.reserved);
  }

  /**
   * Keeps everyone out, until the next {@link rest}.
   *
   * @param known the state that the file must be in, hence also its journal mode; null for any
   * @throws {DatabaseLocked} after the busy timeout
   */
  async exclude(known: FileState | null): Promise<void> {
    await this.#resting;
    this.#rests = false;
    const startedAt = performance.now();
    for (let delay = 1; !(await this.#tryExclude(known)); delay = Math.min(2 * delay, longestPause)) {
      const waited = performance.now() - startedAt;
      if (waited >= this.#busyTimeout) {
        void this.rest();
        throw this.#watch.locked(waited);
      }
      await pause(delay);
    }
  }

  /** Tries once to keep everyone out, with the keeper that there is, and says whether it did. */
  async excludesNow(): Promise<boolean> {
    try {
      return this.isKeeperAlive && (await this.#tryExclude(null));
    } catch {
      return false;
    }
  }

  /** Lets others read again. Never rejects: the next {@link exclude} meets the same failure, and reports it. */
  rest(): Promise<void> {
    this.#rests = false;
    if (this.#keeper) {
      this.#resting = this.#keeper.rest().then(
        (rests) => {
          this.#rests = rests;
        },
        () => {},
      );
    }
    return this.#resting;
  }

  async close(): Promise<void> {
    await this.#resting;
    await this.#keeper?.close();
  }

  async #tryExclude(known: FileState | null): Promise<boolean> {
    await this.prepare();
    const keeper = this.#keeper;
    if (!keeper) return this.#isNobodySeen();
    try {
      if (!(await this.#excludeBy(keeper, known))) return false;
      this.#isProven ||= this.#isLockOf(keeper);
      if (this.#isProven) return true;
      // The lock that it reports is not to be seen. If it has just been killed, asking once more throws.
      if (!(await this.#excludeBy(keeper, known))) return false;
      this.#isProven = this.#isLockOf(keeper);
      return this.#isProven || (await this.#excludeWithout(keeper));
    } catch (error) {
      if (error instanceof RunnerLost) return this.#excludeAnew(known, error);
      // Native SQLite calls a file damaged also if the disk fails to read it: our own attempt tells the two apart.
      if (error instanceof DatabaseCorrupt) this.#watch.state();
      throw error;
    }
  }

  async #excludeBy(keeper: Keeper, known: FileState | null): Promise<boolean> {
    if (!(await keeper.exclude(known ?? this.#watch.mode()))) return false;
    // Another program has just switched to a write-ahead log, which has other locks: try again in that mode.
    if (known === null && this.#watch.state().writeAheadLog) return false;
    // Where `sqlite3` is a script, the process that holds the lock can be found only now that it does.
    if (keeper.pid !== null && !this.#isLockOf(keeper)) this.#locks?.adoptChildOf(keeper.pid);
    return true;
  }

  /** Its lock is held by a process that we cannot tell from others, or nowhere: as if there were no `sqlite3`. */
  async #excludeWithout(keeper: Keeper): Promise<boolean> {
    await keeper.close();
    this.#keeper = null;
    return this.#isNobodySeen();
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

  async #startKeeper(): Promise<Keeper | null> {
    const keeper = await this.#start(this.#watch.path);
    if (keeper !== null && keeper.pid !== null) this.#locks?.adopt(keeper.pid);
    return keeper;
  }

  #isNobodySeen(): boolean {
    return this.#watch.othersLevel() === LockLevel.none;
  }

  /** Whether the lock that the keeper reports is there. In this process it is, unless something has dropped it. */
  #isLockOf(keeper: Keeper): boolean {
    return keeper.pid === null || this.#stillHolds(LockLevel.exclusive);
  }

  #stillHolds(level: number): boolean {
    return this.#locks === null || this.#locks.holds(level);
  }
}
