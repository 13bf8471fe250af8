/**
 * The files of a medium that has its database in memory: what was written since the last flush can be undone.
 *
 * SQLite's journal is in its own memory then. A companion here is one that the database came with.
 */
import { StorageFailure } from '../errors/index.ts';
import { BlockFile } from './block-file.ts';
import type { FileKind } from './medium.ts';

export class BlockFiles {
  readonly #path: string;
  readonly #files: Map<FileKind, BlockFile>;

  /** @param path the database's name in messages */
  constructor(path: string, main: BlockFile) {
    this.#path = path;
    this.#files = new Map([['', main]]);
  }

  /** Adds a companion with its content. */
  add(kind: FileKind, content: Uint8Array): void {
    this.#files.set(kind, BlockFile.of(content));
  }

  open(kind: FileKind, create: boolean): BlockFile {
    let file = this.#files.get(kind);
    if (file === undefined) {
      if (!create) throw new StorageFailure(`There is no file ${this.#path}${kind}.`, this.#path + kind, 'ENOENT');
      file = new BlockFile();
      this.#files.set(kind, file);
    }
    return file;
  }

  exists(kind: FileKind): boolean {
    return (this.#files.get(kind)?.size() ?? 0) > 0;
  }

  remove(kind: FileKind): void {
    if (kind === '') this.open(kind, false).truncate(0);
    else this.#files.delete(kind);
  }

  /** What was written so far has been stored. */
  settle(): void {
    for (const file of this.#files.values()) file.settle();
  }

  /** What was written since has not been stored: undoes it. */
  revert(): void {
    for (const file of this.#files.values()) file.revert();
  }

  /** Frees the memory. */
  clear(): void {
    this.#files.clear();
  }
}
