/** The state of a database file, from its header and the file system: tells whether it has changed. */
import { changeCounterAt, readVersionAt, writeAheadLog } from '../../sqlite-header.ts';
import type { FileSystem } from './disk-file.ts';

export interface FileState {
  /** SQLite's change counter. */
  readonly counter: number;
  /** Whether the header says that the database uses a write-ahead log. */
  readonly writeAheadLog: boolean;
  readonly size: number;
  /** When it was last written to, in nanoseconds. */
  readonly modified: bigint;
}

/** How many bytes of the header are read: up to the end of the change counter. */
const headerSize = changeCounterAt + 4;

/** Measures an open file. The header is read first: a write in between then shows in the time, which is read later. */
export function measure(fs: FileSystem, descriptor: number): FileState {
  const header = new Uint8Array(headerSize);
  const count = fs.readSync(descriptor, header, 0, headerSize, 0);
  const { size, mtimeNs } = fs.fstatSync(descriptor, { bigint: true });
  return {
    counter: count < headerSize ? 0 : new DataView(header.buffer).getUint32(changeCounterAt),
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
