/** Creates files atomically: writes under a temporary name in the same folder, and gives the final name at the end. */
import { DatabaseExists, StorageFailure } from '../../errors/index.ts';
import { lacksHardLinks } from '../../file-system-limits.ts';
import { syncFolder } from '../../media/filesystem/disk-file.ts';
import { errnoOf, openFailure } from '../../media/filesystem/failure.ts';
import { FileReplacement } from '../../media/filesystem/file-replacement.ts';
import { builtin, lacksPermission } from '../../runtime.ts';
import { storageConfig } from '../storage-argument.ts';
import type { Storages } from '../storages.ts';
import { temporaryFor } from './temporary-file.ts';

type FileSystem = typeof import('node:fs');

/**
 * Creates a SQLite database, which gets its name when the command ends and everything is closed.
 *
 * @throws {DatabaseExists} if it exists, unless it may be replaced
 */
export async function newDatabase<T>(
  storages: Storages,
  path: string,
  replace: boolean,
  fill: (temporary: string) => Promise<T>,
): Promise<T> {
  // Refuses a path that no URL can express, before the temporary one is refused in its place.
  storageConfig(path);
  const { fs, replacement, temporary } = await destinationOf(storages, path, replace);
  const mode = replacement?.mode ?? null;
  // We must be able to write it, whatever its final mode.
  makeEmpty(fs, temporary, path, mode === null ? null : mode | 0o600);
  let filled = false;
  const finish = async (): Promise<void> => {
    try {
      if (!filled) return;
      if (mode !== null) fs.chmodSync(temporary, mode);
      await giveName(fs, temporary, path, replacement);
    } finally {
      for (const companion of ['', '-journal', '.lock']) fs.rmSync(temporary + companion, { force: true });
    }
  };
  storages.atEnd(() => explaining('create', path, finish()));
  const result = await fill(temporary);
  filled = true;
  return result;
}

interface Destination {
  readonly fs: FileSystem;
  /** The existing file, locked by us; null if there is none. */
  readonly replacement: FileReplacement | null;
  /** The path of the file until it is complete, in the same folder. */
  readonly temporary: string;
}

/** Locks the file that is to be replaced until the command ends. */
async function destinationOf(storages: Storages, path: string, replace: boolean): Promise<Destination> {
  const fs = builtin('node:fs');
  if (fs === undefined) throw new StorageFailure('This runtime has no file system.', path);
  if (!mustReplace(path, replace)) return { fs, replacement: null, temporary: temporaryFor(fs, path) };
  const replacement = await FileReplacement.begin(path);
  storages.atEnd(() => replacement.close());
  return { fs, replacement, temporary: temporaryFor(fs, replacement.path) };
}

/**
 * Whether something is in the way of a new file.
 *
 * @param replace whether that may be replaced
 * @throws {DatabaseExists} if it may not
 */
export function mustReplace(path: string, replace: boolean): boolean {
  const fs = builtin('node:fs');
  // A leftover journal or WAL would be applied to the new database.
  const names = ['', '-journal', '-wal'].map((kind) => path + kind);
  if (fs !== undefined && isFolder(fs, path)) throw openFailure('create', path, { code: 'EISDIR' });
  const there = fs === undefined ? undefined : names.find((name) => isThere(fs, name));
  if (there !== undefined && !replace) throw existing(there);
  return there !== undefined;
}

function isFolder(fs: FileSystem, path: string): boolean {
  try {
    return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    // Creating the file will report the reason.
    return false;
  }
}

/** Also true for a dangling symbolic link: its name is taken. */
function isThere(fs: FileSystem, path: string): boolean {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Creating the file will report the reason.
    return false;
  }
}

/**
 * Creates an empty file. If that fails, the error names the requested file, not the temporary one.
 *
 * @param mode the mode of the replaced file: users who could not read it must not read the new one
 */
function makeEmpty(fs: FileSystem, temporary: string, path: string, mode: number | null): void {
  let file: number | null = null;
  try {
    file = fs.openSync(temporary, 'wx', mode === null ? 0o644 : 0o600);
    if (mode !== null) fs.fchmodSync(file, mode);
    fs.closeSync(file);
  } catch (cause) {
    // Some file systems have no modes.
    if (file !== null) fs.rmSync(temporary, { force: true });
    throw openFailure('create', path, cause);
  }
}

function existing(path: string): DatabaseExists {
  return new DatabaseExists(`${path} already exists. Name another file, or replace it with --force.`);
}

/** Gives a complete file its name. Renaming would replace a file that has appeared meanwhile; a hard link fails. */
async function giveName(
  fs: FileSystem,
  temporary: string,
  path: string,
  replacement: FileReplacement | null,
): Promise<void> {
  if (replacement !== null) {
    giveAway(fs, temporary, replacement.path);
    return replacement.put(temporary);
  }
  try {
    fs.linkSync(temporary, path);
  } catch (error) {
    if (isThere(fs, path)) throw existing(path);
    // Some file systems have no hard links. There, a file that appears at this very moment is replaced.
    if (!lacksHardLinks(errnoOf(error))) throw error;
    fs.renameSync(temporary, path);
  }
  fs.rmSync(temporary, { force: true });
  // Sync the folder before reporting success: a power cut could undo the naming.
  syncFolder(fs, builtin('node:path')?.dirname(path) ?? '.');
}

/** Keeps the owner of a replaced file: a service must be able to open its file after root has restored a backup. */
function giveAway(fs: FileSystem, temporary: string, path: string): void {
  const there = fs.statSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  try {
    const { uid, gid } = fs.statSync(temporary);
    if (uid !== there.uid || gid !== there.gid) fs.chownSync(temporary, there.uid, there.gid);
  } catch {
    // Only root may change owners, and only root needs to.
  }
}

/**
 * Writes a file incrementally.
 *
 * @throws {DatabaseExists} if it exists, unless it may be replaced
 */
export async function writeFile<T>(
  storages: Storages,
  path: string,
  replace: boolean,
  content: (write: (text: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  const { fs, replacement, temporary } = await destinationOf(storages, path, replace);
  let made = false;
  const remove = (): void => {
    if (made) fs.rmSync(temporary, { force: true });
  };
  storages.atEnd(remove);
  const fill = async (): Promise<T> => {
    const file = fs.openSync(temporary, 'wx', 0o600);
    made = true;
    let result: T;
    try {
      result = await content(async (text) => void fs.writeFileSync(file, text));
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    await giveName(fs, temporary, path, replacement);
    return result;
  };
  try {
    return await explaining('write', path, fill());
  } catch (cause) {
    remove();
    throw cause;
  }
}

/** Converts the system's errors to ours, which name the requested file. */
async function explaining<T>(action: string, path: string, task: Promise<T>): Promise<T> {
  try {
    return await task;
  } catch (cause) {
    throw isSystemError(cause) ? openFailure(action, path, cause) : cause;
  }
}

/** Also recognises Deno's permission errors, which name no system call. */
function isSystemError(error: unknown): boolean {
  return lacksPermission(error) || (error instanceof Error && 'syscall' in error);
}
