/**
 * A read-only medium over storage that cannot be read synchronously: the database is copied into memory as a
 * whole, and again when it has changed. It takes no lock for longer than that, and writes nothing.
 */
import { type CinderlibError, ReadOnly, StorageFailure } from '../errors/index.ts';
import { fileUsesLog } from '../sqlite-header.ts';
import { NullGuard } from './guard.ts';
import { LockLevel } from './locks/lock-level.ts';
import type { FileKind, MediumFile } from './medium.ts';
import type { ReadableGuard, ReadableMedium } from './readable.ts';

/** The stored files in one consistent state. */
export interface Snapshot {
  /** Changes with each change of the database. */
  readonly version: string;
  /** The database file, and the companions that are not empty. */
  readonly files: ReadonlyMap<FileKind, MediumFile>;
}

/** The storage that snapshots are taken of. */
export interface SnapshotSource {
  readonly medium: 'indexeddb' | 'opfs';
  /** The database's name in messages. */
  readonly path: string;
  /** What is stored now; returns the last snapshot if nothing has changed. */
  take(last: Snapshot | null): Promise<Snapshot>;
  close(): void;
}

export class SnapshotMedium implements ReadableMedium {
  readonly journal = 'memory';
  readonly readOnly = true;
  readonly lockFile = null;
  readonly guard: SnapshotGuard;
  readonly #source: SnapshotSource;
  #snapshot: Snapshot;

  private constructor(source: SnapshotSource, snapshot: Snapshot) {
    this.#source = source;
    this.#snapshot = snapshot;
    this.guard = new SnapshotGuard(source.path, () => this.#snapshot);
  }

  static async open(source: SnapshotSource): Promise<SnapshotMedium> {
    try {
      return new SnapshotMedium(source, await source.take(null));
    } catch (error) {
      source.close();
      throw error;
    }
  }

  get name(): 'indexeddb' | 'opfs' {
    return this.#source.medium;
  }

  get path(): string {
    return this.#source.path;
  }

  async look(): Promise<void> {
    this.#snapshot = await this.#source.take(this.#snapshot);
  }

  open(kind: FileKind): MediumFile {
    const file = this.#snapshot.files.get(kind);
    if (file !== undefined) return file;
    throw new StorageFailure(`There is no file ${this.path}${kind}.`, this.path + kind, 'ENOENT');
  }

  exists(kind: FileKind): boolean {
    return this.#snapshot.files.has(kind);
  }

  content(kind: FileKind): Uint8Array | null {
    const file = this.#snapshot.files.get(kind);
    if (file === undefined) return null;
    const bytes = new Uint8Array(file.size());
    file.read(bytes, 0);
    return bytes;
  }

  remove(): never {
    throw new ReadOnly(this.path);
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    this.#source.close();
  }

  abandon(): Promise<void> {
    return this.close();
  }
}

/** Nobody can disturb a copy in memory. */
class SnapshotGuard extends NullGuard implements ReadableGuard {
  readonly #path: string;
  readonly #snapshot: () => Snapshot;

  constructor(path: string, snapshot: () => Snapshot) {
    super();
    this.#path = path;
    this.#snapshot = snapshot;
  }

  get hasCompanions(): boolean {
    const { files } = this.#snapshot();
    const main = files.get('');
    // An empty log counts as none, but SQLite would open it.
    return files.size > 1 || (main !== undefined && fileUsesLog(main));
  }

  version(): string {
    return this.#snapshot().version;
  }

  /** A journal is already part of the snapshot. */
  adoptJournal(): void {}

  override async enter(): Promise<void> {
    throw new ReadOnly(this.#path);
  }

  override refusal(level: number): CinderlibError | null {
    return level > LockLevel.shared ? new ReadOnly(this.#path) : null;
  }
}
