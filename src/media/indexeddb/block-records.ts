/** The records that a database is stored as, and how it is assembled from them. */
import { type CinderlibError, DatabaseCorrupt, NotADatabase } from '../../errors/index.ts';
import { blockSize, extentSize as memoryExtent, piecesOf } from '../block-file.ts';

/** The format that this library writes. Another number means another layout of the records. */
const recordFormat = 1;

/** The record that is written last in each transaction, and describes the others. */
export interface Header {
  readonly format: number;
  readonly block_size: number;
  /** Bytes of an extent: one of {@link extentSizes}. */
  readonly extent_size: number;
  /** Bytes of the database file. */
  readonly size: number;
  /** How many changes were stored. */
  readonly changes: number;
  /** How often the database was opened for writing: only the latest opener may store. */
  readonly epoch: number;
}

/** Records as they were found, which may be anything. */
export interface FoundRecords {
  readonly header: unknown;
  readonly extents: ReadonlyMap<unknown, unknown>;
  readonly blocks: ReadonlyMap<unknown, unknown>;
}

export interface StoredDatabase {
  readonly header: Header;
  readonly extents: readonly Uint8Array<ArrayBuffer>[];
  /** The blocks that have records of their own. */
  readonly single: ReadonlySet<number>;
}

/**
 * The sizes of extents. In Chromium opening is fastest with large ones: 51 MB in 40 ms, against 175 ms with small
 * ones. Firefox reads both equally fast, but reads as a whole each record that it passes when it looks for another:
 * with large ones a commit to 50 MB takes twice as long as one to an empty database, with small ones equally long.
 */
export const extentSizes = { small: 16_384, large: memoryExtent } as const;

/** The header of a new database. */
export function newHeader(extent_size: number): Header {
  return { format: recordFormat, block_size: blockSize, extent_size, size: 0, changes: 0, epoch: 0 };
}

/** Differs after each change. */
export function versionOf({ epoch, changes }: Header): string {
  return `${epoch}:${changes}`;
}

/**
 * Checks a header.
 *
 * @throws {NotADatabase} when this library, or this version of it, did not write it
 */
export function checkHeader(header: unknown, path: string): Header {
  // It is made together with the object stores.
  if (header === undefined) throw damagedRecords(path, 'its header is missing');
  if (typeof header !== 'object' || header === null || !('format' in header)) {
    throw new NotADatabase(path, 'its IndexedDB records were not written by this library');
  }
  const { format } = header;
  if (format !== recordFormat) {
    const reason = `its IndexedDB records have the format ${String(format)}, and this version reads ${recordFormat}`;
    throw new NotADatabase(path, reason);
  }
  const { block_size, extent_size, size, changes, epoch } = header as Partial<Record<keyof Header, unknown>>;
  const sizes = block_size === blockSize && isExtentSize(extent_size);
  if (sizes && isCount(size) && isCount(changes) && isCount(epoch)) {
    return { format, block_size, extent_size, size, changes, epoch };
  }
  throw damagedRecords(path, 'its header is invalid');
}

/**
 * Assembles the extents of a database; takes ownership of their bytes.
 *
 * @throws {NotADatabase | DatabaseCorrupt}
 */
export function assemble(found: FoundRecords, path: string): StoredDatabase {
  const header = checkHeader(found.header, path);
  const { size, extent_size: extentSize } = header;
  const extents: Uint8Array<ArrayBuffer>[] = [];
  const covered: number[] = [];
  for (let number = 0; number < piecesOf(size, extentSize); number++) {
    const stored = found.extents.get(number) ?? new Uint8Array(0);
    if (!isPiece(stored, extentSize)) throw damagedRecords(path, `its extent ${number} is invalid`);
    place(extents, stored, number * extentSize);
    covered.push(stored.length / blockSize);
  }
  // An extent that was stored before the file became shorter still holds bytes beyond its end.
  extents[Math.floor(size / memoryExtent)]?.fill(0, size % memoryExtent);
  const single = new Set<number>();
  const end = piecesOf(size, blockSize);
  const blocksPerExtent = extentSize / blockSize;
  for (const [number, block] of found.blocks) {
    if (!isCount(number) || number >= end) continue;
    if (!isPiece(block, blockSize) || block.length !== blockSize) {
      throw damagedRecords(path, `its block ${number} is invalid`);
    }
    place(extents, block, number * blockSize);
    single.add(number);
  }
  for (let number = 0; number < end; number++) {
    const within = number % blocksPerExtent < (covered[Math.floor(number / blocksPerExtent)] ?? 0);
    if (!within && !single.has(number)) throw damagedRecords(path, `its block ${number} is missing`);
  }
  return { header, extents, single };
}

/** Puts a piece in its place in memory. A piece as long as an extent in memory becomes that extent. */
function place(extents: Uint8Array<ArrayBuffer>[], piece: Uint8Array<ArrayBuffer>, offset: number): void {
  const number = Math.floor(offset / memoryExtent);
  if (piece.length === memoryExtent) {
    extents[number] = piece;
    return;
  }
  const extent = extents[number] ?? new Uint8Array(memoryExtent);
  extent.set(piece, offset % memoryExtent);
  extents[number] = extent;
}

function isExtentSize(value: unknown): value is number {
  return value === extentSizes.small || value === extentSizes.large;
}

function isPiece(value: unknown, longest: number): value is Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array && value.length <= longest && value.length % blockSize === 0;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function damagedRecords(path: string, reason: string): CinderlibError {
  return new DatabaseCorrupt(`${path} is damaged: ${reason}. It was not changed. Restore a backup.`);
}
