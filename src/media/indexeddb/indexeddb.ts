/**
 * A medium in IndexedDB, which is asynchronous where SQLite is not: all pages are in memory, and the flush of a
 * commit stores its dirty blocks in one transaction. So the cost of a commit depends on what it changed, not on
 * the size of the database; and the database has to fit in memory.
 */
import { DatabaseChanged, OutcomeUnknown, StorageFailure } from '../../errors/index.ts';
import { BlockFile } from '../block-file.ts';
import { BlockFiles } from '../block-files.ts';
import { NullGuard, type Purpose } from '../guard.ts';
import type { WebLock } from '../locks/web-lock.ts';
import type { FileKind, Medium, MediumFile } from '../medium.ts';
import { planWrite, type WritePlan } from './block-plan.ts';
import type { StoredDatabase } from './block-records.ts';
import { Folding } from './folding.ts';
import type { IndexedDbStore } from './indexeddb-store.ts';

const nothing: WritePlan = { extents: [], blocks: [], dropFrom: null };

export class IndexedDbMedium implements Medium {
  readonly name = 'indexeddb';
  readonly journal = 'memory';
  readonly readOnly = false;
  readonly lockFile = null;
  readonly path: string;
  readonly guard: StoreGuard;
  readonly #store: IndexedDbStore;
  readonly #lock: WebLock;
  readonly #main: BlockFile;
  readonly #folding: Folding;
  readonly #files: BlockFiles;
  #closed = false;

  /**
   * @param stored the database as it was when the store took it over
   * @param from the initial content of a new database
   */
  constructor(store: IndexedDbStore, lock: WebLock, stored: StoredDatabase, from: Uint8Array | null) {
    this.path = store.path;
    this.#store = store;
    this.#lock = lock;
    this.#main = new BlockFile(stored.extents, stored.header.size);
    this.#folding = new Folding(this.#main, stored.single, store.extentSize, (plan) => store.fold(this.#main, plan));
    this.guard = new StoreGuard(() => this.#reload());
    if (from !== null) this.#main.write(from, 0);
    this.#files = new BlockFiles(this.path, this.#main);
  }

  open(kind: FileKind, create: boolean): MediumFile {
    return this.#files.open(kind, create);
  }

  exists(kind: FileKind): boolean {
    return this.#files.exists(kind);
  }

  remove(kind: FileKind): void {
    this.#files.remove(kind);
  }

  async flush(): Promise<void> {
    const file = this.#main;
    if (file.isDurable) return;
    await this.#folding.pause();
    const plan = planWrite(file.changed, file.size(), file.durableSize, this.#store.extentSize);
    try {
      await this.#store.write(file, plan);
    } catch (error) {
      this.#files.revert();
      // Unless it is known that nothing was stored, folding might mix two states of the database.
      if (error instanceof StorageFailure) this.#folding.resume(nothing);
      else this.guard.distrust(error, this.path);
      throw error;
    }
    this.#files.settle();
    this.#folding.resume(plan);
  }

  revert(): void {
    this.#files.revert();
  }

  close(): Promise<void> {
    return this.#release(this.#main.durableSize === 0);
  }

  abandon(): Promise<void> {
    return this.#release(true);
  }

  /** A database in which nothing was stored leaves nothing behind. The lock is released last, and in any case. */
  async #release(mayRemove: boolean): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#folding.stop();
      if (mayRemove && this.#store.isNew) await this.#store.remove();
    } finally {
      this.#store.close();
      this.#lock.release();
    }
  }

  async #reload(): Promise<void> {
    const { extents, header, single } = await this.#store.readAgain();
    this.#main.replace(extents, header.size);
    this.#folding.restart(single);
  }
}

/** Refuses access while the database in memory may differ from what is stored. */
class StoreGuard extends NullGuard {
  readonly #reload: () => Promise<void>;
  #failure: unknown = null;

  constructor(reload: () => Promise<void>) {
    super();
    this.#reload = reload;
  }

  /** From now on the database in memory may differ from what is stored. */
  distrust(cause: unknown, path: string): void {
    this.#failure =
      cause instanceof OutcomeUnknown
        ? new DatabaseChanged(`${path}: it is not known whether the last change was stored. Call refresh().`, path)
        : cause;
  }

  override async enter(purpose: Purpose): Promise<void> {
    if (this.#failure !== null && purpose === 'refresh') {
      await this.#reload();
      this.#failure = null;
    }
    this.checkFile();
  }

  override checkFile(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}
