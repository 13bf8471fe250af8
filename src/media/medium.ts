/**
 * The contract of a medium: where the bytes of one database and its journals live.
 *
 * SQLite calls a file synchronously, so every method here is synchronous; a medium whose platform is
 * asynchronous keeps its pages in memory and writes them out in {@link Medium.flush}. Imitate
 * `memory.ts`, the shortest one.
 */
import type { MediumName } from '../rpc/contract.ts';
import type { Guard } from './guard.ts';

/** Which of a database's files: the database itself, or a companion that SQLite keeps beside it. */
export type FileKind = '' | '-journal' | '-wal' | '-shm';

export interface MediumFile {
  /** Fills `target` from `offset` on and returns how many bytes there were. */
  read(target: Uint8Array, offset: number): number;
  write(source: Uint8Array, offset: number): void;
  truncate(size: number): void;
  /** Makes everything written so far survive a power cut, the file's existence included. */
  sync(): void;
  size(): number;
  /** True when the file's name no longer leads to it: somebody moved, removed or replaced it. */
  moved(): boolean;
  close(): void;
}

/** Who holds the lock file of a database: enough for another thread to remove it, and no other. */
export interface HeldLock {
  readonly path: string;
  readonly token: string;
}

/**
 * How SQLite undoes a transaction that did not end. `truncate`: by a journal beside the database, which is cut
 * to nothing when the transaction has ended. `wal`: it writes to a log first, and to the database later; for a
 * medium whose files nobody else can open. `memory`: by what it remembers; for a medium that stores a
 * transaction as a whole, or nothing at all.
 */
export type Journal = 'truncate' | 'wal' | 'memory';

export interface Medium {
  readonly name: MediumName;
  /** What messages call the database: its absolute path where it has one. */
  readonly path: string;
  readonly readOnly: boolean;
  readonly journal: Journal;
  /** What keeps others off while the database is read and written. */
  readonly guard: Guard;
  /** The lock file, where there is one. */
  readonly lockFile: HeldLock | null;
  /** Opens a file, creating it empty when `create` is set. Throws a typed error naming the path. */
  open(kind: FileKind, create: boolean): MediumFile;
  /** Whether the file is there and holds something: an empty one counts as absent, as in SQLite's own VFS. */
  exists(kind: FileKind): boolean;
  /** Removes a file; `durable` asks that the removal survive a power cut. A missing file is no error. */
  remove(kind: FileKind, durable: boolean): void;
  /**
   * Resolves when all commits so far are durable. At once where {@link MediumFile.sync} is enough.
   *
   * When it rejects, the files are again what they were after the last flush, unless the error is
   * `OutcomeUnknown`; what SQLite remembers of them has to be forgotten.
   */
  flush(): Promise<void>;
  /** Releases the medium: handles, locks. Idempotent. */
  close(): Promise<void>;
  /** Lets go of the handles at once, as the end of the thread would. Only where nobody else can open them meanwhile. */
  drop?(): void;
  /** Closes and takes away what opening created: for an opening that failed half way. */
  abandon(): Promise<void>;
}
