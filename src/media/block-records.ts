/** The records that a database is stored as, and putting it together from them. */
import { type CinderlibError, DatabaseCorrupt, NotADatabase } from '../errors/index.ts';
import { blockSize, blocksPerExtent, extentSize, piecesOf } from './block-file.ts';

/** What this library writes. Another number means another layout of the records. */
export const recordFormat = 1;

/** The record that is written last in each transaction, and says what the others are. */
export interface Header {
  readonly format: number;
  readonly block_size: number;
  /** Bytes of the database file. */
  readonly size: number;
  /** How many changes were stored. */
  readonly changes: number;
  /** How often the database was opened for writing: only who opened it last may store. */
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

/** The header of a database that is made now. */
export const newHeader: Header = { format: recordFormat, block_size: blockSize, size: 0, changes: 0, epoch: 0 };

/** Is another text after each change. */
export function versionOf({ epoch, changes }: Header): string {
  return `${epoch}:${changes}`;
}

/**
 * Checks a header.
 *
 * @throws {NotADatabase} when this library, or this version of it, did not write it
 */
export function checkHeader(header: unknown, path: string): Header {
  if (typeof header !== 'object' || header === null || !('format' in header)) {
    throw new NotADatabase(path, 'its IndexedDB records were not written by this library');
  }
  const { format } = header;
  if (format !== recordFormat) {
    const reason = `its IndexedDB records have the format ${String(format)}, and this version reads ${recordFormat}`;
    throw new NotADatabase(path, reason);
  }
  const { block_size, size, changes, epoch } = header as Partial<Record<keyof Header, unknown>>;
  if (block_size === blockSize && isCount(size) && isCount(changes) && isCount(epoch)) {
    return { format, block_size, size, changes, epoch };
  }
  throw damagedRecords(path, 'its header makes no sense');
}

/**
 * Puts the extents of a database together; their bytes become its own.
 *
 * @throws {NotADatabase | DatabaseCorrupt}
 */
export function assemble(found: FoundRecords, path: string): StoredDatabase {
  const header = checkHeader(found.header, path);
  const extents: Uint8Array<ArrayBuffer>[] = [];
  const covered: number[] = [];
  for (let number = 0; number < piecesOf(header.size, extentSize); number++) {
    const stored = found.extents.get(number);
    if (stored !== undefined && !isPiece(stored, extentSize)) {
      throw damagedRecords(path, `its extent ${number} is no such thing`);
    }
    extents.push(wholeExtent(stored));
    covered.push(stored === undefined ? 0 : stored.length / blockSize);
  }
  const single = new Set<number>();
  const end = piecesOf(header.size, blockSize);
  for (const [number, block] of found.blocks) {
    if (!isCount(number) || number >= end) continue;
    if (!isPiece(block, blockSize) || block.length !== blockSize) {
      throw damagedRecords(path, `its block ${number} is no such thing`);
    }
    extents[Math.floor(number / blocksPerExtent)]?.set(block, (number % blocksPerExtent) * blockSize);
    single.add(number);
  }
  for (let number = 0; number < end; number++) {
    const within = number % blocksPerExtent < (covered[Math.floor(number / blocksPerExtent)] ?? 0);
    if (!within && !single.has(number)) throw damagedRecords(path, `its block ${number} is missing`);
  }
  return { header, extents, single };
}

function wholeExtent(stored: Uint8Array<ArrayBuffer> | undefined): Uint8Array<ArrayBuffer> {
  if (stored?.length === extentSize) return stored;
  const whole = new Uint8Array(extentSize);
  if (stored !== undefined) whole.set(stored);
  return whole;
}

function isPiece(value: unknown, longest: number): value is Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array && value.length <= longest && value.length % blockSize === 0;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function damagedRecords(path: string, reason: string): CinderlibError {
  return new DatabaseCorrupt(`${path} is damaged: ${reason}. It was left as it is. Restore a copy of it.`);
}
