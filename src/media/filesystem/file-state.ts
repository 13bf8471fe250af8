/** The state of a database file, from its header and the file system: tells whether it has changed. */
import type { FileSystem } from './disk-file.ts';

export interface FileState {
  /** SQLite's change counter, which changes with each transaction that writes. */
  readonly counter: number;
  /** Whether the header says that the database uses a write-ahead log. */
  readonly writeAheadLog: boolean;
  readonly size: number;
  /** When it was last written to, in nanoseconds. */
  readonly modified: bigint;
}

/** How many bytes of the header are read. */
const headerSize = 28;
/** 1: the file is read with a rollback journal, 2: with a write-ahead log. */
const readVersionAt = 19;
const writeAheadLog = 2;
const counterAt = 24;

/** Measures an open file. The header is read first: a write in between then shows in the time, which is read later. */
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

/** Says how two states differ; null when they do not. */
export function difference(known: FileState, found: FileState): string | null {
  if (!known.writeAheadLog && found.writeAheadLog) return 'was switched to a write-ahead log';
  if (known.counter !== found.counter) return `was changed (change counter ${known.counter}, now ${found.counter})`;
  if (known.size !== found.size) return `was changed (${known.size} bytes, now ${found.size})`;
  return known.modified === found.modified ? null : 'was written to (its mtime changed)';
}
