/**
 * The contract of a medium: where the bytes of one database and its journals live.
 *
 * SQLite does synchronous file I/O, so every file method here is synchronous; a medium whose platform is
 * asynchronous keeps its pages in memory and writes them out in {@link Medium.flush}. To add one, model it
 * on `memory.ts`, the shortest.
 */
import type { LockFile, MediumName } from '../rpc/contract.ts';
import type { Guard } from './guard.ts';

/** Which of a database's files: the database itself, or a companion that SQLite keeps beside it. */
export type FileKind = '' | '-journal' | '-wal' | '-shm';

/** The files that make up a database after a crash. Where a new one is made, there must be none of them. */
export const lastingFiles = ['', '-journal', '-wal'] as const satisfies readonly FileKind[];

export interface MediumFile {
  /** Fills `target` with the bytes from `offset` on and returns how many there were. */
  read(target: Uint8Array, offset: number): number;
  write(source: Uint8Array, offset: number): void;
  truncate(size: number): void;
  /** Makes everything written so far survive a power cut, the file's existence included. */
  sync(): void;
  size(): number;
  /** True when the file's name no longer leads to it: it was moved, removed or replaced. */
  moved(): boolean;
  close(): void;
}

/**
 * How SQLite rolls back an unfinished transaction. `truncate`: from a rollback journal beside the database, truncated
 * to zero when the transaction ends. `wal`: changes go to a write-ahead log first and to the database later; for a
 * medium whose files nobody else can open. `memory`: from a journal in memory; for a medium that stores each
 * transaction as a whole or not at all, and so has {@link Medium.revert}.
 */
export type Journal = 'truncate' | 'wal' | 'memory';

export interface Medium {
  readonly name: MediumName;
  /** The database's name in messages: its absolute path where it has one. */
  readonly path: string;
  readonly readOnly: boolean;
  readonly journal: Journal;
  /** Keeps other programs out while the database is read and written. */
  readonly guard: Guard;
  /** The lock file, where there is one. */
  readonly lockFile: LockFile | null;
  /** Opens a file, creating it empty when `create` is set. Throws a typed error naming the path. */
  open(kind: FileKind, create: boolean): MediumFile;
  /** Whether the file exists and is not empty: an empty one counts as absent, as in SQLite's own VFS. */
  exists(kind: FileKind): boolean;
  /** Removes a file; with `durable`, the removal survives a power cut. A missing file is not an error. */
  remove(kind: FileKind, durable: boolean): void;
  /**
   * Resolves when all commits so far are durable; at once where {@link MediumFile.sync} is enough.
   *
   * When it rejects, the files are back in their state after the last flush, unless the error is
   * `OutcomeUnknown`; what SQLite has cached of them must then be discarded.
   */
  flush(): Promise<void>;
  /** Returns to the state after the last flush, without SQLite: the journal in memory went with an instance that failed. */
  revert?(): void;
  /** Releases the medium: handles, locks. Idempotent. */
  close(): Promise<void>;
  /** Releases the handles at once, as the end of the thread would; only where nobody else can open the files. */
  drop?(): void;
  /** Closes and removes what opening created; for an opening that failed halfway. */
  abandon(): Promise<void>;
}
