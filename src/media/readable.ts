/** The contract of a read-only medium: what a reader needs beyond what every medium offers. */
import type { Guard } from './guard.ts';
import type { FileKind, Medium } from './medium.ts';

export interface ReadableGuard extends Guard {
  /** Whether SQLite would have to write before it can read: the content of a log or journal belongs to the database. */
  readonly hasCompanions: boolean;
  /** Changes with each commit. */
  version(): string;
  /** From now on the journal that a crash left is read together with the file, as long as it stays as it is. */
  adoptJournal(): void;
}

export interface ReadableMedium extends Medium {
  readonly guard: ReadableGuard;
  /** Finds out what is stored now, where {@link ReadableGuard.version} could not do so without waiting. */
  look(): Promise<void>;
  /** The whole content of a file; null where there is none. */
  content(kind: FileKind): Uint8Array | null;
}
