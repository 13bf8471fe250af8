/** Observes a database on disk without touching it: is it still the same file, and is anyone writing? */
import { type CinderlibError, DatabaseChanged, DatabaseLocked, DatabaseUnavailable } from '../../errors/index.ts';
import type { ForeignWrite } from '../guard.ts';
import { LockLevel } from '../locks/lock-level.ts';
import { lockedBy, type NativeLocks } from '../locks/native-locks.ts';
import { type Companion, hotJournal, isHotJournal, look } from './companion.ts';
import type { DiskFile, FileSystem } from './disk-file.ts';
import { storageFailure } from './failure.ts';
import type { FileState } from './file-state.ts';

/** The length of a write-ahead log's header; its two salts change each time the log starts over. */
const logHeader = 32;
/** The length of the header of the WAL-index: the state of the log with its commit count, and what is checkpointed. */
const sharedHeader = 136;
const checkpointed = [
  [96, 100],
  [128, 132],
] as const;

export class FileWatch {
  readonly path: string;
  readonly #fs: FileSystem;
  readonly #file: DiskFile;
  readonly #locks: NativeLocks | null;
  readonly #writer: () => DatabaseLocked | null;

  /** @param writer the error for another program of this library that may be writing, without native locks */
  constructor(
    fs: FileSystem,
    path: string,
    file: DiskFile,
    locks: NativeLocks | null,
    writer: () => DatabaseLocked | null = () => null,
  ) {
    this.#fs = fs;
    this.path = path;
    this.#file = file;
    this.#locks = locks;
    this.#writer = writer;
  }

  state(): FileState {
    return this.#file.state();
  }

  /** The state, with `writeAheadLog` also set when only a log file says so: SQLite goes by either. */
  mode(): FileState {
    const state = this.state();
    return { ...state, writeAheadLog: state.writeAheadLog || this.#look('-wal', 0) !== null };
  }

  isMoved(): boolean {
    return this.#file.moved();
  }

  checkFile(): void {
    if (!this.isMoved()) return;
    throw new DatabaseChanged(
      `${this.path} was moved, removed or replaced while it was open: nothing was written. ` +
        'Close it, and call setup() to open what is there now.',
      this.path,
    );
  }

  /** Stays the same while nothing that was committed, in the file or in the log that belongs to it, changes. */
  stamp(): string {
    const { counter, size, modified, writeAheadLog } = this.mode();
    const stamp = `${counter} ${size} ${modified}`;
    if (!writeAheadLog) return stamp;
    // A log that only grows keeps its content; after a checkpoint and a restart of the log it does not.
    const [log, shared] = [this.#look('-wal', logHeader), this.#lookAtSharedMemory()];
    const progress = checkpointed.map(([from, to]) => hex(shared?.bytes.subarray(from, to)));
    return `${stamp} ${log?.inode} ${hex(log?.bytes)} ${progress.join(' ')}`;
  }

  /** Changes with each commit. */
  version(): string {
    const stamp = this.stamp();
    const [log, shared] = [this.#look('-wal', 0), this.#lookAtSharedMemory()];
    return log === null ? stamp : `${stamp} ${log.size} ${log.modified} ${hex(shared?.bytes)}`;
  }

  /** The lock level that others hold, or 0 where that cannot be seen. */
  othersLevel(): number {
    return this.#locks?.others().level ?? LockLevel.none;
  }

  /** Whether others use the write-ahead log, as far as that can be seen. */
  hasReadersOfLog(): boolean {
    return this.#locks?.hasReadersOfLog() ?? false;
  }

  foreignWrite(): ForeignWrite | null {
    const others = this.#locks?.others() ?? null;
    const level = others?.level ?? LockLevel.none;
    if (others !== null && level >= LockLevel.pending) return { error: this.locked(0), abandoned: false };
    // A program that has reserved the file writes its journal now, and has not begun to write the file.
    if (level === LockLevel.reserved || !this.hasHotJournal()) return null;
    const writer = this.#writer();
    if (writer !== null) return { error: writer, abandoned: false };
    return { error: this.#hotJournal(others !== null), abandoned: others !== null };
  }

  /** Whether there is a journal that a crash left or that a program is using. */
  hasHotJournal(): boolean {
    return isHotJournal(this.#fs, `${this.path}-journal`);
  }

  /** Identifies the state of a journal that a crash left or that a program is using; null when there is none. */
  hotJournal(): string | null {
    const journal = hotJournal(this.#fs, `${this.path}-journal`);
    return journal && `${journal.inode} ${journal.size} ${journal.modified}`;
  }

  /** Whether a journal file exists at all: between two transactions of ours an empty one does. */
  hasJournalFile(): boolean {
    const path = `${this.path}-journal`;
    try {
      return this.#fs.statSync(path, { throwIfNoEntry: false }) !== undefined;
    } catch (error) {
      throw storageFailure('stat', path, error);
    }
  }

  /** The error for a file that others use, after this many milliseconds of waiting. */
  locked(waited: number): DatabaseLocked {
    const others = this.#locks?.others();
    return lockedBy(this.#fs, this.path, others?.pids ?? [], waited);
  }

  #hotJournal(isAbandoned: boolean): CinderlibError {
    const journal = `${this.path}-journal`;
    const remedy = `open the database once for writing, by setup() without read_only or "sqlite3 ${this.path} .tables"`;
    if (isAbandoned) {
      return new DatabaseUnavailable(
        `${journal} holds a transaction that a crash interrupted, and rolling it back changes the file: ${remedy}.`,
        this.path,
      );
    }
    return new DatabaseLocked(
      `${journal} holds a transaction that is not finished. If no program is working on it, ${remedy}.`,
    );
  }

  /** Closing a descriptor of it would drop the locks that a native connection in this same process has on it. */
  #lookAtSharedMemory(): Companion | null {
    return this.#look('-shm', this.#locks?.heldByThisProcess() ? 0 : sharedHeader);
  }

  #look(kind: '-wal' | '-shm', length: number): Companion | null {
    return look(this.#fs, this.path + kind, length);
  }
}

function hex(bytes: Uint8Array | undefined): string {
  return Array.from(bytes ?? [], (byte) => byte.toString(16).padStart(2, '0')).join('');
}
