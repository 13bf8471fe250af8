/** The contract of a medium that is only read: what a reader needs beyond that of any medium. */
import type { Guard } from './guard.ts';
import type { FileKind, Medium } from './medium.ts';

export interface ReadableGuard extends Guard {
  /** Whether SQLite would have to write before it can read: what its log or its journal holds belongs to the database. */
  readonly hasCompanions: boolean;
  /** Is another text after each commit. */
  version(): string;
  /** From now on the journal that a crash left is read with the file, as long as it lies there as it is. */
  adoptJournal(): void;
}

export interface ReadableMedium extends Medium {
  readonly guard: ReadableGuard;
  /** Looks at what is stored now, where that cannot be done in {@link ReadableGuard.version} without waiting. */
  look(): Promise<void>;
  /** The whole content of a file; null where there is none. */
  content(kind: FileKind): Uint8Array | null;
}
