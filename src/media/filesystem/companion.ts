/** Examines a file that SQLite keeps beside a database, without SQLite. */
import type { FileSystem } from './disk-file.ts';
import { errnoOf, storageFailure } from './failure.ts';

export interface Companion {
  readonly inode: bigint;
  readonly size: bigint;
  /** When it was last written to, in nanoseconds. */
  readonly modified: bigint;
  /** Its first bytes, as many as were asked for. */
  readonly bytes: Uint8Array;
}

/** Null when it is missing or empty, which is the same to SQLite. It is not opened when no bytes are requested. */
export function look(fs: FileSystem, path: string, length: number): Companion | null {
  try {
    const there = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
    if (there === undefined || there.size === 0n) return null;
    const bytes = length === 0 ? new Uint8Array(0) : start(fs, path, length);
    return { inode: there.ino, size: there.size, modified: there.mtimeNs, bytes };
  } catch (error) {
    // It was removed between the two calls.
    if (errnoOf(error) === 'ENOENT') return null;
    throw storageFailure('stat', path, error);
  }
}

/** The journal, if a crash left it or a program is using it; judged by its first byte, as in SQLite. */
export function hotJournal(fs: FileSystem, path: string): Companion | null {
  const journal = look(fs, path, 1);
  return journal?.bytes[0] === 0 ? null : journal;
}

export function isHotJournal(fs: FileSystem, path: string): boolean {
  return hotJournal(fs, path) !== null;
}

function start(fs: FileSystem, path: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const descriptor = fs.openSync(path, 'r');
  try {
    fs.readSync(descriptor, bytes, 0, length, 0);
    return bytes;
  } finally {
    fs.closeSync(descriptor);
  }
}
