/** A file of the command line that is not a database, such as a dump, or standard input. */
import { unpack } from '../convert/decode.ts';
import { fileSource, isDump, isPacked } from '../convert/file-source.ts';
import {
  type CinderlibError,
  DatabaseUnavailable,
  InvalidOption,
  isCinderlibError,
  NotADatabase,
} from '../errors/index.ts';
import { errnoOf, openFailure } from '../media/filesystem/failure.ts';
import type { Source } from '../migrate/source.ts';
import { builtin } from '../runtime.ts';
import { isSqlite } from '../sqlite-header.ts';
import { isPath } from './storage-argument.ts';
import type { Terminal } from './terminal.ts';

/** The content of a file that is not a database, or of standard input; null for anything else. */
export async function givenContent(argument: string, terminal: Terminal): Promise<Uint8Array | null> {
  if (argument === '-') return unpacked(argument, await terminal.input());
  if (!isPath(argument)) return null;
  const fs = builtin('node:fs');
  let bytes: Uint8Array | null;
  try {
    bytes = fs === undefined ? null : contentOf(fs, argument);
  } catch (cause) {
    throw unreadable(argument, cause);
  }
  return bytes === null ? null : unpacked(argument, bytes);
}

/** Such content as a source. */
export function sourceIn(argument: string, bytes: Uint8Array): Source {
  return ofFile(argument, () => fileSource(bytes));
}

/** The content of a file; null for a SQLite database. A pipe has no offsets and can be read only once. */
function contentOf(fs: typeof import('node:fs'), path: string): Uint8Array | null {
  const file = fs.openSync(path, 'r');
  try {
    const start = new Uint8Array(16);
    let length = 0;
    for (let count = -1; count !== 0 && length < start.length; length += count) {
      count = fs.readSync(file, start, length, start.length - length, null);
    }
    if (length === 0) throw new NotADatabase(path, 'the file is empty, so what should have written it has failed');
    if (isSqlite(start.subarray(0, length))) return null;
    if (fs.fstatSync(file).isFile()) return fs.readFileSync(path);
    const rest = fs.readFileSync(file);
    const bytes = new Uint8Array(length + rest.length);
    bytes.set(start.subarray(0, length));
    bytes.set(rest, length);
    return bytes;
  } finally {
    fs.closeSync(file);
  }
}

function unreadable(path: string, cause: unknown): CinderlibError {
  if (isCinderlibError(cause)) return cause;
  if (errnoOf(cause) !== 'ENOENT') return openFailure('read', path, cause);
  return new DatabaseUnavailable(`Cannot read ${path}: no such file.`, path, { cause });
}

/** Decompresses the content, since dumps are often compressed with gzip. */
function unpacked(argument: string, bytes: Uint8Array): Uint8Array {
  return isPacked(bytes) ? ofFile(argument, () => unpack(bytes)) : bytes;
}

/** Names the file in errors, and the part of it that they are about, unless the message begins with that. */
function ofFile<T>(argument: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isCinderlibError(error)) throw error;
    const { item: part, message } = error;
    const file = argument === '-' ? 'standard input' : argument;
    const isSaid = part === undefined || message.toLowerCase().startsWith(part);
    error.item = isSaid ? file : `${file}: ${part}`;
    throw error;
  }
}

/** @throws {InvalidOption} for a file that is not a database but can be converted to one, and for standard input */
export function refuseDump(argument: string): void {
  if (argument === '-') {
    throw new InvalidOption('check cannot read standard input: name the file or URL of the database.');
  }
  if (!isPath(argument) || !isDump(startOf(argument))) return;
  throw new InvalidOption(
    `${argument} is a dump, not a database. Convert it first: cinderlib convert ${argument} NEW.sqlite`,
  );
}

/** The beginning of a file; empty if it cannot be read, which opening it will report. */
function startOf(path: string): Uint8Array {
  const start = new Uint8Array(64);
  const fs = builtin('node:fs');
  try {
    if (fs?.statSync(path).isFile() !== true) return new Uint8Array();
    const file = fs.openSync(path, 'r');
    try {
      return start.subarray(0, fs.readSync(file, start, 0, start.length, 0));
    } finally {
      fs.closeSync(file);
    }
  } catch {
    return new Uint8Array();
  }
}
