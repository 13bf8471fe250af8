/** Turns the errors of a file system into this library's, saying what to do about them. */
import { CinderlibError, DatabaseUnavailable, StorageFailure } from '../../errors/index.ts';
import { builtin, lacksPermission } from '../../runtime.ts';

/** The system's errors that users meet, with reason and remedy. */
const words: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  ENOSPC: ['the disk is full', 'Free some space, or some inodes if those are used up (df -i), and try again.'],
  EDQUOT: ['the disk quota is used up', 'Free some space and try again.'],
  EFBIG: ['the file would be too large', 'Its file system or a limit of the process (ulimit -f) forbids it.'],
  EIO: ['input/output error', 'Check the disk and the system log.'],
  EMFILE: ['this process has too many files open', 'Close some, or raise its limit (ulimit -n).'],
  ENFILE: ['the system has too many files open', 'Close some programs.'],
  EAGAIN: ['no more processes are allowed', 'Close some programs, or raise the limit (ulimit -u).'],
  ENOMEM: ['out of memory', 'Close some programs.'],
  EACCES: ['permission denied', 'Both the file and its folder must be readable and writable.'],
  EPERM: ['operation not permitted', 'Both the file and its folder must be readable and writable.'],
  EROFS: ['the file system is read-only', 'Open it with read_only, or put it where it can be written.'],
  ENOENT: ['no such file or folder', 'Create the folder, or correct the path.'],
  ENOTDIR: ['part of the path is not a folder', 'Correct the path.'],
  EISDIR: ['it is a folder', 'Name a file.'],
  ELOOP: ['too many symbolic links', 'Correct the path.'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter one.'],
  ERR_INVALID_ARG_VALUE: ['the path contains a NUL character', 'Correct the path.'],
};

/** Other remedies, for databases that are only read. */
const forReading: Readonly<Record<string, string>> = {
  EACCES: 'The file must be readable, and its parent folders accessible.',
  EPERM: 'The file must be readable, and its parent folders accessible.',
  ENOENT: 'Correct the path.',
};

/** Errors about the path or its permissions; the others mean that storage failed. */
const aboutThePlace = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ERR_INVALID_ARG_VALUE',
]);

/** The system's own code for an error, such as `ENOSPC`. */
export function errnoOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  // An error of ours keeps the system's code apart from its own.
  if (error instanceof CinderlibError) return error instanceof StorageFailure ? error.errno : null;
  return 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Temporary shortages: reported as errors, since going on without a lock would leave it missing for good. */
const shortages = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM']);

/** Whether something existing could not be opened or started for lack of descriptors, processes or memory. */
export function isShortage(error: unknown): boolean {
  return shortages.has(errnoOf(error) ?? '');
}

/** The error for a failure to read, write or sync an open file. */
export function storageFailure(action: string, path: string, cause: unknown): CinderlibError {
  if (cause instanceof CinderlibError) return cause;
  return new StorageFailure(sentence(action, path, cause), path, errnoOf(cause), { cause });
}

/** The error for a failure to open or create a file: the path is wrong, or storage failed. */
export function openFailure(action: string, path: string, cause: unknown): CinderlibError {
  const errno = errnoOf(cause);
  const isAboutThePlace = deniedBy(cause) !== null || (errno !== null && aboutThePlace.has(errno));
  if (cause instanceof CinderlibError || !isAboutThePlace) {
    return storageFailure(action, path, cause);
  }
  return new DatabaseUnavailable(sentence(action, path, cause), path, { cause });
}

/** The Deno permission that was missing: `read` or `write`. */
function deniedBy(error: unknown): 'read' | 'write' | null {
  if (!lacksPermission(error)) return null;
  return error.message.includes('--allow-write') ? 'write' : 'read';
}

function sentence(action: string, path: string, cause: unknown): string {
  const denied = deniedBy(cause);
  if (denied !== null) {
    const folder = (builtin('node:path')?.resolve(path) ?? path).replace(/[\\/][^\\/]*$/, '');
    const flags = `--allow-read=${folder}${denied === 'write' ? ` --allow-write=${folder}` : ''}`;
    return `Cannot ${action} ${path}: Deno was not allowed to ${denied} there. Run it with ${flags}.`;
  }
  const errno = errnoOf(cause);
  const known = errno === null ? undefined : words[errno];
  if (known !== undefined) {
    const remedy = (action === 'read' ? forReading[errno ?? ''] : undefined) ?? known[1];
    return `Cannot ${action} ${path}: ${known[0]} (${errno}). ${remedy}`;
  }
  return `Cannot ${action} ${path}: ${cause instanceof Error ? cause.message : String(cause)}`;
}
