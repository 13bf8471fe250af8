/** What tells whether a database file is still as it was: what its header and its file system say of it. */
import type { FileSystem } from './disk-file.ts';

export interface FileState {
  /** SQLite's change counter: another one after each transaction that wrote. */
  readonly counter: number;
  /** Whether the header says that the database is used with a write-ahead log. */
  readonly writeAheadLog: boolean;
  readonly size: number;
  /** When it was last written to, in nanoseconds. */
  readonly modified: bigint;
}

/** How much of the header is looked at. */
const headerSize = 28;
/** 1: the file is read with a rollback journal, 2: with a write-ahead log. */
const readVersionAt = 19;
const writeAheadLog = 2;
const counterAt = 24;

/** Measures an open file. The header comes first: what is written meanwhile changes the time after it. */
export function measure(fs: FileSystem, descriptor: number): FileState {
  const header = new Uint8Array(headerSize);
  const count = fs.readSync(descriptor, header, 0, headerSize, 0);
  const { size, mtimeNs } = fs.fstatSync(descriptor, { bigint: true });
  return {
    counter: count < headerSize ? 0 : new DataView(header.buffer).getUint32(counterAt),
    writeAheadLog: header[readVersionAt] === writeAheadLog,
    size: Number(size),
    modified: mtimeNs,
  };
}

/** The two states in words that say how they differ; null when they do not. */
export function difference(known: FileState, found: FileState): string | null {
  if (!known.writeAheadLog && found.writeAheadLog) return 'was switched to a write-ahead log';
  if (known.counter !== found.counter) return `was changed (change counter ${known.counter}, now ${found.counter})`;
  if (known.size !== found.size) return `was changed (${known.size} bytes, now ${found.size})`;
  return known.modified === found.modified ? null : 'was written to (its time changed)';
}
