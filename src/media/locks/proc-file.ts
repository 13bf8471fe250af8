/** A file of Linux's `/proc`, whose text the kernel generates each time it is read from the start. */
import type { FileSystem } from '../filesystem/disk-file.ts';

/** How much the kernel fills at once: between two such parts a line may get lost. */
const partSize = 4096;

export class ProcFile {
  readonly #fs: FileSystem;
  readonly #descriptor: number;
  #buffer = new Uint8Array(partSize);
  readonly #decoder = new TextDecoder('latin1');

  /** Stays open: reading it again from the start costs a twentieth of opening it (1 µs against 20 µs). */
  constructor(fs: FileSystem, path: string) {
    this.#fs = fs;
    this.#descriptor = fs.openSync(path, 'r');
  }

  /** The current text, and the number of parts in which the kernel delivered it. */
  read(): { readonly text: string; readonly parts: number } {
    let length = 0;
    let parts = 0;
    for (;;) {
      if (this.#buffer.length - length < partSize) {
        const larger = new Uint8Array(this.#buffer.length * 2);
        larger.set(this.#buffer);
        this.#buffer = larger;
      }
      const count = this.#fs.readSync(this.#descriptor, this.#buffer, length, this.#buffer.length - length, length);
      if (count === 0) return { text: this.#decoder.decode(this.#buffer.subarray(0, length)), parts };
      length += count;
      parts += 1;
    }
  }

  close(): void {
    this.#fs.closeSync(this.#descriptor);
  }
}
