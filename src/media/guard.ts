/** What stands between a database and the other programs that may use its file at the same time. */
import type { CinderlibError } from '../errors/index.ts';

/** `held`: native programs are kept off by SQLite's own lock. `seen`: their locks are respected. `none`: neither. */
export type NativeLocking = 'held' | 'seen' | 'none';

/** Why nothing can be read just now. */
export interface Disturbance {
  readonly error: CinderlibError;
  /** Nobody is doing it: a crash left the file so, and waiting does not help. */
  readonly abandoned: boolean;
}

export interface Guard {
  readonly nativeLocks: NativeLocking;
  /** How long others are waited for, in milliseconds. */
  readonly busyTimeout: number;
  /**
   * Keeps everybody else off until {@link leave}: before anything is written.
   *
   * `write` wants the file as it was left. `recover` takes it as it is, for rolling back what failed, and
   * `refresh` makes what is found then the new state to compare with.
   *
   * @throws {DatabaseLocked} after {@link busyTimeout}
   * @throws {DatabaseChanged} having let everybody in again
   */
  enter(purpose: 'write' | 'recover' | 'refresh'): Promise<void>;
  /** Lets others read again: they can when it resolves. Never rejects: what was done is done. */
  leave(): Promise<void>;
  /** Whether nobody else can write until the next {@link enter}, so that reading needs no care. */
  keepsOthersOut(): Promise<boolean>;
  /** @throws {DatabaseChanged} when another file, or none, has the name of the one that was opened */
  checkFile(): void;
  /** Equal stamps, with no disturbance between or at them, mean that nothing was written. */
  stamp(): string;
  /** Whether a journal waits to be rolled back before anything can be read. */
  hasHotJournal(): boolean;
  /** Somebody who is writing, or was. */
  disturbance(): Disturbance | null;
  /** Why a level of SQLite's locks cannot be taken now: asked by SQLite itself, before each step. */
  refusal(level: number): CinderlibError | null;
  /** Whether somebody may have come in while we wrote, and undone or overwritten it. Asked after a commit. */
  intruded(): boolean;
  /** Whether somebody else is about to write, so that a journal which lies there is theirs. */
  isReserved(): boolean;
  /** Whether files that are needed no more can be removed without taking them from somebody. */
  mayTidy(): Promise<boolean>;
  /** Lets go. After the files were closed. */
  close(): Promise<void>;
}

/** The guard of what nobody else can reach. */
export class FreeGuard implements Guard {
  readonly nativeLocks = 'none';
  readonly busyTimeout = 0;
  async enter(_purpose: 'write' | 'recover' | 'refresh'): Promise<void> {}
  async leave(): Promise<void> {}
  async keepsOthersOut(): Promise<boolean> {
    return true;
  }
  checkFile(): void {}
  stamp(): string {
    return '';
  }
  hasHotJournal(): boolean {
    return false;
  }
  disturbance(): null {
    return null;
  }
  refusal(_level: number): CinderlibError | null {
    return null;
  }
  intruded(): boolean {
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
