/** Turns the errors of a browser's storage into this library's, saying what to do about them. */
import {
  CinderlibError,
  DatabaseChanged,
  DatabaseCorrupt,
  DatabaseUnavailable,
  StorageFailure,
} from '../errors/index.ts';

/** The names of browser errors that users meet, with errno, reason and remedy. */
const words: Readonly<Record<string, readonly [errno: string, reason: string, remedy: string]>> = {
  QuotaExceededError: [
    'QuotaExceeded',
    'the browser grants this site no more space',
    'Free disk space, delete other data of this site, or request persistent storage.',
  ],
  NotReadableError: ['NotReadable', 'the browser could not read from the disk', 'Check the disk.'],
  DataError: ['Data', 'the browser could not read from the disk', 'Check the disk.'],
  UnknownError: ['Unknown', "the browser's storage failed", 'Check the disk, and whether it is full.'],
  AbortError: ['Abort', 'the browser aborted the change', 'Try again.'],
  InvalidStateError: ['InvalidState', 'the browser closed the connection', 'Try again.'],
};

/** The names of errors that mean that the browser does not allow this page to store anything. */
const denied = new Set(['SecurityError', 'NotAllowedError']);

/** The browser's own name for an error, such as `QuotaExceededError`. */
export function browserWord(error: unknown): string | null {
  // Errors of another realm are not instances of ours, and a quota error may have a class of its own.
  if (typeof error !== 'object' || error === null || !('name' in error)) return null;
  return typeof error.name === 'string' ? error.name : null;
}

/** The error for a failure to read or write storage that is already open. */
export function browserFailure(action: string, path: string, cause: unknown): CinderlibError {
  if (cause instanceof CinderlibError) return cause;
  const word = browserWord(cause) ?? '';
  const known = words[word];
  if (known === undefined) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new StorageFailure(`Cannot ${action} ${path}: ${reason}`, path, word || null, { cause });
  }
  const [errno, reason, remedy] = known;
  return new StorageFailure(`Cannot ${action} ${path}: ${reason} (${word}). ${remedy}`, path, errno, { cause });
}

/** The error for a failure to open: the browser does not allow it, or its storage failed. */
export function browserOpenFailure(path: string, cause: unknown): CinderlibError {
  const word = browserWord(cause) ?? '';
  if (cause instanceof CinderlibError || !denied.has(word)) return browserFailure('open', path, cause);
  return new DatabaseUnavailable(
    `Cannot open ${path}: the browser does not let this page store data (${word}). Allow site data for it, leave ` +
      'the private window, or open the page outside its frame.',
    path,
    { cause },
  );
}

/** The error for a database that was removed while it was open, by clearing the data of the site for instance. */
export function removed(path: string): DatabaseChanged {
  // A page keeps the locks that it had before its data was cleared, which those of new workers do not meet.
  const advice = 'Reload the page, and open it again.';
  return new DatabaseChanged(`${path} was removed while it was open: nothing was stored. ${advice}`, path);
}

/** The error for a database that the browser found damaged, and removed with all others of the site. */
export function lost(path: string, reason: string): DatabaseCorrupt {
  return new DatabaseCorrupt(
    `The browser has removed all IndexedDB databases of this site, for the reason "${reason}". If ${path} was among ` +
      'them, it is gone. Restore a backup; opened again after ten seconds, it begins empty.',
  );
}

/** The error for a database that is opened for reading and does not exist. */
export function noDatabase(path: string, options?: ErrorOptions): DatabaseUnavailable {
  return Object.assign(new DatabaseUnavailable(`There is no database ${path}.`, path, options), { missing: true });
}
