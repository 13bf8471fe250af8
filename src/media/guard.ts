/** The contract of a guard: it protects a database from other programs that use its file at the same time. */
import type { CinderlibError } from '../errors/index.ts';

/** `held`: SQLite's own lock keeps native programs out. `seen`: their locks are respected. `none`: neither. */
export type NativeLocking = 'held' | 'seen' | 'none';

/** Why the database cannot be read right now. */
export interface ForeignWrite {
  readonly error: CinderlibError;
  /** True when no program is at work: a crash left the file like this, and waiting does not help. */
  readonly abandoned: boolean;
}

/**
 * What others are locked out for. `write` requires the file to be as we left it. `recover` accepts it as it is, to roll
 * back a failure; `refresh` makes what it finds the new state to compare with.
 */
export type Purpose = 'write' | 'recover' | 'refresh';

export interface Guard {
  readonly nativeLocks: NativeLocking;
  /** How long to wait for other programs, in milliseconds. */
  readonly busyTimeout: number;
  /** Starts what the first {@link enter} needs, and locks nothing yet: other things can be started meanwhile. */
  prepare(): Promise<void>;
  /**
   * Locks everyone else out until {@link leave}; required before anything is written.
   *
   * @throws {DatabaseLocked} after {@link busyTimeout}
   * @throws {DatabaseChanged} after releasing the lock again
   */
  enter(purpose: Purpose): Promise<void>;
  /** Lets others read again: they can once it resolves. Never rejects: the transaction is over. */
  leave(): Promise<void>;
  /** Whether nobody else can write until the next {@link enter}, so that reads need no checks. */
  keepsOthersOut(): Promise<boolean>;
  /** @throws {DatabaseChanged} when another file, or none, has the name of the one that was opened */
  checkFile(): void;
  /** Whether the file was written to past all locks since we last left it, as `cp` does when it restores a backup. */
  wasOverwritten(): boolean;
  /** Equal stamps, with no foreign write at or between them, mean that nothing was written in between. */
  stamp(): string;
  /** Whether a hot journal has to be rolled back before anything can be read. */
  hasHotJournal(): boolean;
  /** Another program's write, under way or interrupted by a crash; null when there is none. */
  foreignWrite(): ForeignWrite | null;
  /**
   * Why a level of SQLite's lock cannot be taken now; null when it can. SQLite asks before each step.
   *
   * @param writes whether a change is about to be written: SQLite also locks the file to commit one that is empty
   */
  refusal(level: number, writes?: boolean): CinderlibError | null;
  /** Whether another program may have got in while we wrote, and undone or overwritten it. Asked after a commit. */
  mayBeOverwritten(): boolean;
  /** Whether another program is about to write, so that a journal found there is its own. */
  isReserved(): boolean;
  /** Whether files no longer needed can be removed without taking them from another program. */
  mayTidy(): Promise<boolean>;
  /** Releases the locks. Call it after the files are closed. */
  close(): Promise<void>;
}

/** The guard of a database that no other program can reach. */
export class NullGuard implements Guard {
  readonly nativeLocks = 'none';
  readonly busyTimeout = 0;
  async prepare(): Promise<void> {}
  async enter(_purpose: Purpose): Promise<void> {}
  async leave(): Promise<void> {}
  async keepsOthersOut(): Promise<boolean> {
    return true;
  }
  checkFile(): void {}
  wasOverwritten(): boolean {
    return false;
  }
  stamp(): string {
    return '';
  }
  hasHotJournal(): boolean {
    return false;
  }
  foreignWrite(): null {
    return null;
  }
  refusal(_level: number): CinderlibError | null {
    return null;
  }
  mayBeOverwritten(): boolean {
    return false;
  }
  isReserved(): boolean {
    return false;
  }
  async mayTidy(): Promise<boolean> {
    return true;
  }
  async close(): Promise<void> {}
}
