/**
 * Holds SQLite's own lock on a database for us: a native connection that begins transactions and never
 * writes, since JavaScript has no API for POSIX locks.
 *
 * Invariants:
 * - Every transaction is rolled back, never committed. On an empty file SQLite prepares a first page as
 *   soon as a transaction begins, and a commit would write that over what we have written since.
 * - No file is created beside the database: on an empty one the journal of that first page is kept in memory.
 * - A database with a write-ahead log is first switched back to a rollback journal, by SQLite itself and
 *   under its own locks: it refuses while anyone else is connected, and starts no log for us.
 */
import { DatabaseUnavailable, NotADatabase, StorageFailure } from '../../errors/index.ts';
import { damaged } from '../damaged.ts';
import type { FileState } from '../filesystem/file-state.ts';

/** A native connection, wherever it runs. */
export interface NativeRunner {
  /** The process that holds the locks, or has started the one that does; null for this one. */
  readonly pid: number | null;
  /** False once it has ended by itself. */
  readonly alive: boolean;
  /** Runs SQL and returns SQLite's error message; an empty text is success. Throws {@link RunnerLost}. */
  run(sql: string): Promise<string>;
  close(): Promise<void>;
}

/** The native connection ended by itself. */
export class RunnerLost extends Error {}

/**
 * How long SQLite itself waits in one attempt, in milliseconds. Meanwhile it admits no new reader, so that a
 * stream of short reads cannot keep us out. In our own process the wait blocks the thread, so it is short.
 */
export const nativePatience = 25;

export class Keeper {
  readonly #runner: NativeRunner;
  readonly #path: string;
  #begun = false;

  constructor(runner: NativeRunner, path: string) {
    this.#runner = runner;
    this.#path = path;
  }

  get pid(): number | null {
    return this.#runner.pid;
  }

  get alive(): boolean {
    return this.#runner.alive;
  }

  /** Locks everyone else out, readers too; false while anyone else is in. */
  async exclude({ writeAheadLog, size }: FileState): Promise<boolean> {
    if (writeAheadLog || size === 0) {
      await this.#end();
      if (writeAheadLog && !(await this.#succeeds('PRAGMA journal_mode=DELETE'))) return false;
      if (!(await this.#succeeds('PRAGMA journal_mode=MEMORY'))) return false;
    }
    return this.#begin('BEGIN EXCLUSIVE');
  }

  /** Lets others read but not write; false when another writer got in between. */
  rest(): Promise<boolean> {
    return this.#begin('BEGIN IMMEDIATE');
  }

  close(): Promise<void> {
    return this.#runner.close();
  }

  async #begin(sql: string): Promise<boolean> {
    const ended = this.#begun ? 'ROLLBACK; ' : '';
    this.#begun = false;
    this.#begun = await this.#succeeds(ended + sql);
    return this.#begun;
  }

  async #end(): Promise<void> {
    if (this.#begun) await this.#succeeds('ROLLBACK');
    this.#begun = false;
  }

  /** False when someone else holds a lock; throws for any other reason. */
  async #succeeds(sql: string): Promise<boolean> {
    const complaint = await this.#runner.run(sql);
    if (complaint === '') return true;
    if (/\b(locked|busy)\b/.test(complaint)) return false;
    if (complaint.includes('not a database')) throw new NotADatabase(this.#path);
    if (complaint.includes('malformed')) throw damaged(this.#path, 'database disk image is malformed');
    const message = `The native SQLite that locks ${this.#path} reports: ${complaint}`;
    if (/disk I\/O|disk is full/.test(complaint)) throw new StorageFailure(message, this.#path);
    throw new DatabaseUnavailable(message, this.#path);
  }
}
