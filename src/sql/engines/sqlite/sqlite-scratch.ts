/** A buffer in WebAssembly memory that holds one text while it is bound. */
import type { SqliteInstance } from '../../../vfs/sqlite-instance.ts';

/** Nearly every text fits into this; a larger buffer is not kept for texts that do. */
const usualSize = 65_536;

export class Scratch {
  readonly #instance: SqliteInstance;
  #pointer = 0;
  #size = 0;

  constructor(instance: SqliteInstance) {
    this.#instance = instance;
  }

  /** The address of at least `size` bytes, valid until the next call. Throws StorageFailure when out of memory. */
  reserve(size: number): number {
    if (this.#pointer === 0 || size > this.#size || (size <= usualSize && this.#size > usualSize)) {
      this.free();
      const wanted = Math.max(size, usualSize);
      this.#pointer = this.#instance.sqlite.malloc(wanted);
      this.#size = wanted;
    }
    return this.#pointer;
  }

  free(): void {
    this.#instance.sqlite.free(this.#pointer);
    this.#pointer = 0;
    this.#size = 0;
  }
}
