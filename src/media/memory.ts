/** A medium in memory, which lasts only as long as the object. */
import { BlockFile } from './block-file.ts';
import { BlockFiles } from './block-files.ts';
import { NullGuard } from './guard.ts';
import type { FileKind, Medium, MediumFile } from './medium.ts';

export class MemoryMedium implements Medium {
  readonly name = 'memory';
  readonly journal = 'memory';
  readonly path: string;
  readonly readOnly = false;
  readonly guard = new NullGuard();
  readonly lockFile = null;
  readonly #files: BlockFiles;

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
    this.#files = new BlockFiles(path, from === null ? new BlockFile() : BlockFile.of(from));
    for (const kind of ['-journal', '-wal'] as const) {
      const content = companions[kind] ?? null;
      if (content !== null) this.#files.add(kind, content);
    }
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

  /** A copy of the database file as it is now. */
  bytes(): Uint8Array<ArrayBuffer> {
    const file = this.#files.open('', true);
    const bytes = new Uint8Array(file.size());
    file.read(bytes, 0);
    return bytes;
  }

  async flush(): Promise<void> {
    this.#files.settle();
  }

  revert(): void {
    this.#files.revert();
  }

  async close(): Promise<void> {
    this.#files.clear();
  }

  abandon(): Promise<void> {
    return this.close();
  }
}
