/** One file in the origin private file system, open for as long as its medium. */
import { StorageFailure } from '../../errors/index.ts';
import type { AccessHandle } from '../../runtime.ts';
import { browserFailure } from '../browser-failure.ts';
import type { MediumFile } from '../medium.ts';

export class OpfsFile implements MediumFile {
  readonly #handle: AccessHandle;
  readonly #path: string;

  constructor(handle: AccessHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  read(target: Uint8Array, offset: number): number {
    return this.#try('read', () => this.#handle.read(target, { at: offset }));
  }

  write(source: Uint8Array, offset: number): void {
    const written = this.#try('write to', () => this.#handle.write(source, { at: offset }));
    if (written === source.length) return;
    // Some browsers report a short write instead of throwing when there is no space left.
    throw new StorageFailure(
      `Cannot write to ${this.#path}: the browser took ${written} of ${source.length} bytes. Free some space.`,
      this.#path,
      'QuotaExceeded',
    );
  }

  truncate(size: number): void {
    this.#try('truncate', () => this.#handle.truncate(size));
  }

  sync(): void {
    this.#try('sync', () => this.#handle.flush());
  }

  size(): number {
    return this.#try('measure', () => this.#handle.getSize());
  }

  /** Nobody can move or remove an open file. */
  moved(): boolean {
    return false;
  }

  /** Stays open: SQLite may open it again, but cannot wait for a new handle. */
  close(): void {}

  /** Lets others open it. */
  release(): void {
    this.#handle.close();
  }

  #try<T>(action: string, use: () => T): T {
    try {
      return use();
    } catch (error) {
      throw browserFailure(action, this.#path, error);
    }
  }
}
