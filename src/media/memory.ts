/** A medium in memory, which lasts only as long as the object. */
import { StorageFailure } from '../errors/index.ts';
import { NullGuard } from './guard.ts';
import type { FileKind, Medium, MediumFile } from './medium.ts';

/** The first growth of a file: one page of SQLite's default size. */
const leastCapacity = 4096;

export class MemoryFile implements MediumFile {
  #bytes: Uint8Array<ArrayBuffer>;
  #size: number;

  constructor(content: Uint8Array) {
    // A copy: SQLite writes into it, and the content belongs to the caller.
    this.#bytes = new Uint8Array(content);
    this.#size = content.length;
  }

  read(target: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(target.length, this.#size - offset));
    target.set(this.#bytes.subarray(offset, offset + count));
    return count;
  }

  write(source: Uint8Array, offset: number): void {
    const end = offset + source.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(source, offset);
    if (end > this.#size) this.#size = end;
  }

  truncate(size: number): void {
    if (size > this.#bytes.length) this.#grow(size);
    // Bytes beyond the end must read as zero if the file grows again.
    if (size < this.#size) this.#bytes.fill(0, size, this.#size);
    this.#size = size;
  }

  size(): number {
    return this.#size;
  }

  sync(): void {}
  close(): void {}
  moved(): boolean {
    return false;
  }

  /** A copy of the content. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#size);
  }

  /** Doubles the capacity, so that growing page by page copies each byte a constant number of times on average. */
  #grow(needed: number): void {
    try {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2, leastCapacity));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    } catch (cause) {
      throw new StorageFailure(`Not enough memory for a database of ${needed} bytes.`, null, 'ENOMEM', { cause });
    }
  }
}

export class MemoryMedium implements Medium {
  readonly name = 'memory';
  readonly journal = 'memory';
  readonly path: string;
  readonly readOnly = false;
  readonly guard = new NullGuard();
  readonly lockFile = null;
  readonly #files = new Map<FileKind, MemoryFile>();

  /**
   * @param from the initial content of the database: a whole SQLite file
   * @param companions what belongs to it: a write-ahead log, or a journal that a crash left
   * @param path where they came from
   */
  constructor(
    from: Uint8Array | null = null,
    companions: Partial<Record<FileKind, Uint8Array | null>> = {},
    path = ':memory:',
  ) {
    this.path = path;
    const found = { ...companions, '': from };
    for (const kind of ['', '-journal', '-wal'] as const) {
      const content = found[kind] ?? null;
      if (content !== null) this.#files.set(kind, new MemoryFile(content));
    }
  }

  open(kind: FileKind, create: boolean): MediumFile {
    let file = this.#files.get(kind);
    if (file === undefined) {
      if (!create) throw new StorageFailure(`There is no file ${this.path}${kind}.`, this.path + kind, 'ENOENT');
      file = new MemoryFile(new Uint8Array(0));
      this.#files.set(kind, file);
    }
    return file;
  }

  exists(kind: FileKind): boolean {
    return (this.#files.get(kind)?.size() ?? 0) > 0;
  }

  remove(kind: FileKind): void {
    this.#files.delete(kind);
  }

  /** A copy of the database file as it is now. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#files.get('')?.bytes() ?? new Uint8Array(0);
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    this.#files.clear();
  }

  abandon(): Promise<void> {
    return this.close();
  }
}
