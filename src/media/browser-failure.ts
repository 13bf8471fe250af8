/** Turns what a browser's storage says into this library's errors, with words for what to do. */
import { CinderlibError, DatabaseUnavailable, StorageFailure } from '../errors/index.ts';

/** The browser's words that a user meets: as errno, reason and remedy. */
const words: Readonly<Record<string, readonly [errno: string, reason: string, remedy: string]>> = {
  QuotaExceededError: [
    'QuotaExceeded',
    'the browser gives this site no more space',
    'Free some: on the disk, or of what this site stores; or let the browser store persistently.',
  ],
  NotReadableError: ['NotReadable', 'the browser could not read from the disk', 'Check the disk.'],
  DataError: ['Data', 'the browser could not read from the disk', 'Check the disk.'],
  UnknownError: ['Unknown', "the browser's storage failed", 'Check the disk, and whether it is full.'],
  AbortError: ['Abort', 'the browser gave the change up', 'Try again.'],
  InvalidStateError: ['InvalidState', 'the browser closed the connection', 'Try again.'],
};

/** Those that say that the browser lets nobody store here. */
const denied = new Set(['SecurityError', 'NotAllowedError']);

/** The browser's own word for an error, such as `QuotaExceededError`. */
export function browserWord(error: unknown): string | null {
  // Errors of another realm are no instances of ours, and a quota may be a class of its own.
  if (typeof error !== 'object' || error === null || !('name' in error)) return null;
  return typeof error.name === 'string' ? error.name : null;
}

/** The failure of reading or writing what was open already. */
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

/** The failure of opening: the browser allows none, or its storage failed. */
export function browserOpenFailure(path: string, cause: unknown): CinderlibError {
  const word = browserWord(cause) ?? '';
  if (cause instanceof CinderlibError || !denied.has(word)) return browserFailure('open', path, cause);
  return new DatabaseUnavailable(
    `Cannot open ${path}: the browser lets this page store nothing (${word}). Allow site data for it, leave the ` +
      'private window, or open the page outside of the frame that it is in.',
    path,
    { cause },
  );
}
