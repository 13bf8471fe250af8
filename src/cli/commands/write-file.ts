/** A file that is there whole or not at all: written under another name beside it, and named at the end. */
import { DatabaseExists, StorageFailure } from '../../errors/index.ts';
import { syncFolder } from '../../media/disk-file.ts';
import { errnoOf, openFailure } from '../../media/failure.ts';
import { TakenPlace } from '../../media/replace.ts';
import { builtin } from '../../runtime.ts';
import type { Storages } from '../storage.ts';

type FileSystem = typeof import('node:fs');

/**
 * Makes a SQLite database: it gets its name when the command ends and everything in it is closed.
 *
 * @throws {DatabaseExists} when it is there already, unless it may be replaced
 */
export async function newDatabase<T>(
  storages: Storages,
  path: string,
  replace: boolean,
  fill: (temporary: string) => Promise<T>,
): Promise<T> {
  const { fs, place, temporary } = await placeOf(storages, path, replace);
  const mode = place?.mode ?? null;
  // It is we who write it, whoever may in the end.
  makeEmpty(fs, temporary, path, mode === null ? null : mode | 0o600);
  let filled = false;
  storages.atEnd(async () => {
    try {
      if (!filled) return;
      if (mode !== null) fs.chmodSync(temporary, mode);
      await giveName(fs, temporary, path, place);
    } finally {
      for (const companion of ['', '-journal', '.lock']) fs.rmSync(temporary + companion, { force: true });
    }
  });
  const result = await fill(temporary);
  filled = true;
  return result;
}

interface PlaceOf {
  readonly fs: FileSystem;
  /** What is there already, as ours; null where nothing is. */
  readonly place: TakenPlace | null;
  /** The name beside it that the file has until it is whole. */
  readonly temporary: string;
}

/** Nobody else has what is to be replaced until the command ends. */
async function placeOf(storages: Storages, path: string, replace: boolean): Promise<PlaceOf> {
  const fs = builtin('node:fs');
  if (fs === undefined) throw new StorageFailure('This runtime has no file system.', path);
  // A journal or a log without its database would be played into the new one.
  const there = ['', '-journal', '-wal'].find((kind) => isThere(fs, path + kind));
  if (there === undefined) return { fs, place: null, temporary: temporaryFor(path) };
  if (!replace) throw existing(path + there);
  const place = await TakenPlace.take(path);
  storages.atEnd(() => place.close());
  return { fs, place, temporary: temporaryFor(place.path) };
}

/** Also of a link that leads to nothing: no file can have its name. */
function isThere(fs: FileSystem, path: string): boolean {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Whoever makes the file says why that cannot be.
    return false;
  }
}

function temporaryFor(path: string): string {
  return `${path}.${crypto.randomUUID()}.part`;
}

/**
 * Where no file can be made, the one that was asked for is told of, and not the temporary one.
 *
 * @param mode that of the file that is replaced: who may not read it is not to read what comes
 */
function makeEmpty(fs: FileSystem, temporary: string, path: string, mode: number | null): void {
  let file: number | null = null;
  try {
    file = fs.openSync(temporary, 'wx', mode === null ? 0o644 : 0o600);
    if (mode !== null) fs.fchmodSync(file, mode);
    fs.closeSync(file);
  } catch (cause) {
    // Some file systems know no modes.
    if (file !== null) fs.rmSync(temporary, { force: true });
    throw openFailure('create', path, cause);
  }
}

function existing(path: string): DatabaseExists {
  return new DatabaseExists(`${path} exists already. Name another file, or replace it with --force.`);
}

/** Names a file that is whole. Renaming would replace what has got the name meanwhile; a second name fails then. */
async function giveName(fs: FileSystem, temporary: string, path: string, place: TakenPlace | null): Promise<void> {
  if (place !== null) {
    giveAway(fs, temporary, place.path);
    return place.put(temporary);
  }
  try {
    fs.linkSync(temporary, path);
  } catch (error) {
    if (isThere(fs, path)) throw existing(path);
    // Some file systems have no second names. There a file that appears in this very moment is replaced.
    if (!withoutLinks.has(errnoOf(error) ?? '')) throw error;
    fs.renameSync(temporary, path);
  }
  fs.rmSync(temporary, { force: true });
  // Nobody is to be told of a file whose name a power cut could take away again.
  syncFolder(fs, builtin('node:path')?.dirname(path) ?? '.');
}

/** Whose file it was, his it stays: the service that uses it could not open one of root's, who restores a backup. */
function giveAway(fs: FileSystem, temporary: string, path: string): void {
  const there = fs.statSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  try {
    const { uid, gid } = fs.statSync(temporary);
    if (uid !== there.uid || gid !== there.gid) fs.chownSync(temporary, there.uid, there.gid);
  } catch {
    // Only root may do this, and only root needs it.
  }
}

const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'EACCES']);

/**
 * Writes a file piece by piece.
 *
 * @throws {DatabaseExists} when it is there already, unless it may be replaced
 */
export async function writeFile<T>(
  storages: Storages,
  path: string,
  replace: boolean,
  content: (write: (text: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  const { fs, place, temporary } = await placeOf(storages, path, replace);
  let made = false;
  const remove = (): void => {
    if (made) fs.rmSync(temporary, { force: true });
  };
  storages.atEnd(remove);
  try {
    const file = fs.openSync(temporary, 'wx', 0o600);
    made = true;
    let result: T;
    try {
      result = await content(async (text) => void fs.writeFileSync(file, text));
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    await giveName(fs, temporary, path, place);
    return result;
  } catch (cause) {
    remove();
    throw isSystemError(cause) ? openFailure('write', path, cause) : cause;
  }
}

/** Also Deno's, which names no call of the system. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && ('syscall' in error || error.name === 'NotCapable');
}
