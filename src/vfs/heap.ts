/** The memory of WebAssembly: views of it, and its growth. */

/** Memory grows by pages of this many bytes. */
const wasmPage = 64 * 1024;
/** The most that is added beyond what is needed: what Emscripten's own script adds. */
const mostReserve = 96 * 1024 * 1024;

/** Views of the memory, renewed when it has grown: growing detaches the old ones. */
export class Heap {
  readonly #memory: WebAssembly.Memory;
  #buffer: ArrayBuffer;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#buffer = memory.buffer;
    this.#bytes = new Uint8Array(this.#buffer);
    this.#view = new DataView(this.#buffer);
  }

  /** All of the memory. Do not keep it across a call into WebAssembly. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#buffer !== this.#memory.buffer) this.#renew();
    return this.#bytes;
  }

  /** Reads a pointer or an unsigned 32-bit integer. */
  word(pointer: number): number {
    if (this.#buffer !== this.#memory.buffer) this.#renew();
    return this.#view.getUint32(pointer, true);
  }

  setWord(pointer: number, value: number): void {
    if (this.#buffer !== this.#memory.buffer) this.#renew();
    this.#view.setUint32(pointer, value, true);
  }

  setLong(pointer: number, value: number): void {
    if (this.#buffer !== this.#memory.buffer) this.#renew();
    this.#view.setBigInt64(pointer, BigInt(value), true);
  }

  /** Whether `length` bytes at `pointer` are in memory. NULL is not. */
  holds(pointer: number, length: number): boolean {
    return pointer > 0 && pointer + length <= this.#memory.buffer.byteLength;
  }

  /**
   * Enlarges the memory to `wanted` bytes, and by some more if that can be had, so that it need not grow often. Returns
   * whether it could.
   */
  grow(wanted: number, largest: number): boolean {
    const { byteLength } = this.#memory.buffer;
    if (wanted > largest) return false;
    for (const factor of [1.2, 1.1, 1.05, 1]) {
      const size = Math.min(Math.max(wanted, byteLength * factor), wanted + mostReserve, largest);
      try {
        this.#memory.grow(Math.ceil((size - byteLength) / wasmPage));
        return true;
      } catch {
        // There is no room for that much.
      }
    }
    return false;
  }

  #renew(): void {
    this.#buffer = this.#memory.buffer;
    this.#bytes = new Uint8Array(this.#buffer);
    this.#view = new DataView(this.#buffer);
  }
}
