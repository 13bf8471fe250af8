/**
 * A database file in memory that knows what of it is durable: for a platform that stores asynchronously.
 *
 * Whatever is written becomes part of one change, which is then stored as a whole ({@link BlockFile.settle})
 * or taken back as a whole ({@link BlockFile.revert}).
 */
import { StorageFailure } from '../errors/index.ts';
import type { MediumFile } from './medium.ts';

/** What is stored at the least: the usual page of SQLite. A page of another size is a part of one, or several. */
export const blockSize = 4096;
/** What the memory for it is taken in, and the largest piece that it may be stored in. */
export const extentSize = 262_144;
const blocksPerExtent = extentSize / blockSize;

/** How many pieces of a size cover so many bytes. */
export function piecesOf(bytes: number, size: number): number {
  return Math.ceil(bytes / size);
}

export class BlockFile implements MediumFile {
  /** Each as long as an extent; behind the end of the file they hold zeros. */
  #extents: Uint8Array<ArrayBuffer>[];
  #size: number;
  #durableSize: number;
  /** The blocks that were written since, with what they held; null where the file did not reach. */
  readonly #changed = new Map<number, Uint8Array | null>();

  /** @param extents what is durable: the file's from now on */
  constructor(extents: readonly Uint8Array<ArrayBuffer>[] = [], size = 0) {
    this.#extents = [...extents];
    this.#size = size;
    this.#durableSize = size;
  }

  /** The blocks that are not as they were stored, in no order. */
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
    // A gap is written too, so that nothing which was stored there once shows in it.
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

  /** One block as it is now, in a copy of its own. */
  block(number: number): Uint8Array<ArrayBuffer> {
    const at = (number % blocksPerExtent) * blockSize;
    return this.#extent(Math.floor(number / blocksPerExtent)).slice(at, at + blockSize);
  }

  /** One extent of that size as it is now, as far as the file reaches: to look at, not to keep. */
  extent(number: number, size: number): Uint8Array<ArrayBuffer> {
    const offset = number * size;
    const extent = this.#extent(Math.floor(offset / extentSize));
    const reach = Math.min(size, piecesOf(this.#size - offset, blockSize) * blockSize);
    const at = offset % extentSize;
    // A copy, since what stores a part of a buffer stores all of it.
    return reach < extentSize ? extent.slice(at, at + reach) : extent;
  }

  /** What was written is stored. */
  settle(): void {
    this.#changed.clear();
    this.#durableSize = this.#size;
  }

  /** What was written is not stored, and never was. */
  revert(): void {
    this.#size = this.#durableSize;
    this.#extents.length = piecesOf(this.#size, extentSize);
    for (const [number, before] of this.#changed) {
      const extent = this.#extents[Math.floor(number / blocksPerExtent)];
      const at = (number % blocksPerExtent) * blockSize;
      if (before === null) extent?.fill(0, at, at + blockSize);
      else this.#extentOrNew(Math.floor(number / blocksPerExtent)).set(before, at);
    }
    this.#changed.clear();
  }

  /** Takes another content for this one: of the same database, stored meanwhile. */
  replace(extents: readonly Uint8Array<ArrayBuffer>[], size: number): void {
    this.#extents = [...extents];
    this.#size = size;
    this.settle();
  }

  /** What is written here lasts when it was stored, not before. */
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
      this.#changed.set(block, isDurable ? this.block(block) : null);
    }
  }

  #grow(size: number): void {
    try {
      while (this.#extents.length < piecesOf(size, extentSize)) this.#extents.push(new Uint8Array(extentSize));
    } catch (cause) {
      throw new StorageFailure(`There is no memory for a database of ${size} bytes.`, null, 'ENOMEM', { cause });
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
  /** Where it begins in what is read or written. */
  readonly from: number;
  readonly length: number;
}

/** The parts of extents that so many bytes lie in. */
function* spans(offset: number, count: number): Generator<Span> {
  for (let from = 0; from < count; ) {
    const at = (offset + from) % extentSize;
    const length = Math.min(extentSize - at, count - from);
    yield { extent: Math.floor((offset + from) / extentSize), at, from, length };
    from += length;
  }
}
