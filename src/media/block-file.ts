/**
 * A file in memory that tracks its dirty blocks, for a platform whose storage is asynchronous or for no storage at all.
 *
 * All writes become part of one change, which is then stored as a whole ({@link BlockFile.settle})
 * or undone as a whole ({@link BlockFile.revert}).
 */
import { StorageFailure } from '../errors/index.ts';
import type { MediumFile } from './medium.ts';

/** The smallest unit that is stored: SQLite's usual page size. A page of another size is part of one, or several. */
export const blockSize = 4096;
/** The unit in which memory is allocated, and the largest piece that is stored. */
export const extentSize = 262_144;
const blocksPerExtent = extentSize / blockSize;
/** More than a small change touches. */
const mostSpare = 64;

/** How many pieces of a size cover this many bytes. */
export function piecesOf(bytes: number, size: number): number {
  return Math.ceil(bytes / size);
}

export class BlockFile implements MediumFile {
  /** Each has the full length of an extent; beyond the end of the file they hold zeros. */
  #extents: Uint8Array<ArrayBuffer>[];
  #size: number;
  #durableSize: number;
  /** The blocks written since the last durable state, with their content then; null where the file did not reach. */
  readonly #changed = new Map<number, Uint8Array | null>();
  /** Buffers of one block, to use again: allocating them would be the greater part of the cost of a small change. */
  readonly #spare: Uint8Array[] = [];

  /** @param extents the durable content, which the file owns from now on */
  constructor(extents: readonly Uint8Array<ArrayBuffer>[] = [], size = 0) {
    this.#extents = [...extents];
    this.#size = size;
    this.#durableSize = size;
  }

  /** A file with this content, which is copied. */
  static of(content: Uint8Array): BlockFile {
    const file = new BlockFile();
    file.write(content, 0);
    file.settle();
    return file;
  }

  /** The dirty blocks, in no order. */
  get changed(): ReadonlySet<number> {
    return new Set(this.#changed.keys());
  }

  get isDurable(): boolean {
    return this.#changed.size === 0 && this.#size === this.#durableSize;
  }

  get durableSize(): number {
    return this.#durableSize;
  }

  size(): number {
    return this.#size;
  }

  read(target: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(target.length, this.#size - offset));
    for (const { extent, at, from, length } of spans(offset, count)) {
      target.set(this.#extent(extent).subarray(at, at + length), from);
    }
    return count;
  }

  write(source: Uint8Array, offset: number): void {
    const end = offset + source.length;
    // A gap counts as written too, so that nothing stored there earlier shows up in it.
    this.#touch(Math.min(offset, this.#size), end);
    if (end > this.#size) this.#grow(end);
    for (const { extent, at, from, length } of spans(offset, source.length)) {
      this.#extent(extent).set(source.subarray(from, from + length), at);
    }
  }

  truncate(size: number): void {
    const [start, end] = size < this.#size ? [size, this.#size] : [this.#size, size];
    this.#touch(start, end);
    if (size > this.#size) this.#grow(size);
    for (const { extent, at, length } of spans(start, end - start)) this.#extent(extent).fill(0, at, at + length);
    this.#size = size;
    this.#extents.length = piecesOf(size, extentSize);
  }

  /** A copy of one block as it is now. */
  block(number: number): Uint8Array<ArrayBuffer> {
    return this.#view(number).slice();
  }

  /** One extent of that size as it is now, as far as the file reaches: to read at once, not to keep. */
  extent(number: number, size: number): Uint8Array<ArrayBuffer> {
    const offset = number * size;
    const extent = this.#extent(Math.floor(offset / extentSize));
    const reach = Math.min(size, piecesOf(this.#size - offset, blockSize) * blockSize);
    const at = offset % extentSize;
    // A copy: structured clone of a view would store its whole buffer.
    return reach < extentSize ? extent.slice(at, at + reach) : extent;
  }

  /** The writes so far have been stored. */
  settle(): void {
    this.#forgetChanges();
    this.#durableSize = this.#size;
  }

  /** The writes so far have not been stored: undoes them. */
  revert(): void {
    this.#size = this.#durableSize;
    this.#extents.length = piecesOf(this.#size, extentSize);
    for (const [number, before] of this.#changed) {
      const extent = this.#extents[Math.floor(number / blocksPerExtent)];
      const at = (number % blocksPerExtent) * blockSize;
      if (before === null) extent?.fill(0, at, at + blockSize);
      else this.#extentOrNew(Math.floor(number / blocksPerExtent)).set(before, at);
    }
    this.#forgetChanges();
  }

  /** Replaces the content with that of the same database as it is stored now. */
  replace(extents: readonly Uint8Array<ArrayBuffer>[], size: number): void {
    this.#extents = [...extents];
    this.#size = size;
    this.settle();
  }

  /** Writes become durable when the medium stores them, not before. */
  sync(): void {}

  /** SQLite may open it again. */
  close(): void {}

  moved(): boolean {
    return false;
  }

  #touch(start: number, end: number): void {
    for (let block = Math.floor(start / blockSize); block * blockSize < end; block++) {
      if (this.#changed.has(block)) continue;
      const isDurable = block * blockSize < this.#durableSize;
      this.#changed.set(block, isDurable ? this.#copy(block) : null);
    }
  }

  #copy(block: number): Uint8Array {
    const copy = this.#spare.pop() ?? new Uint8Array(blockSize);
    copy.set(this.#view(block));
    return copy;
  }

  #forgetChanges(): void {
    for (const before of this.#changed.values()) {
      if (before !== null && this.#spare.length < mostSpare) this.#spare.push(before);
    }
    this.#changed.clear();
  }

  #view(block: number): Uint8Array<ArrayBuffer> {
    const at = (block % blocksPerExtent) * blockSize;
    return this.#extent(Math.floor(block / blocksPerExtent)).subarray(at, at + blockSize);
  }

  #grow(size: number): void {
    try {
      while (this.#extents.length < piecesOf(size, extentSize)) this.#extents.push(new Uint8Array(extentSize));
    } catch (cause) {
      throw new StorageFailure(`Not enough memory for a database of ${size} bytes.`, null, 'ENOMEM', { cause });
    }
    this.#size = size;
  }

  #extent(number: number): Uint8Array<ArrayBuffer> {
    const extent = this.#extents[number];
    if (extent === undefined) throw new RangeError(`The file has no extent ${number}.`);
    return extent;
  }

  #extentOrNew(number: number): Uint8Array<ArrayBuffer> {
    const extent = this.#extents[number] ?? new Uint8Array(extentSize);
    this.#extents[number] = extent;
    return extent;
  }
}

interface Span {
  readonly extent: number;
  /** Where it begins in the extent. */
  readonly at: number;
  /** Where it begins in the buffer that is read or written. */
  readonly from: number;
  readonly length: number;
}

/** The parts of extents that these bytes lie in. */
function spans(offset: number, count: number): Span[] {
  const found: Span[] = [];
  for (let from = 0; from < count; ) {
    const at = (offset + from) % extentSize;
    const length = Math.min(extentSize - at, count - from);
    found.push({ extent: Math.floor((offset + from) / extentSize), at, from, length });
    from += length;
  }
  return found;
}
