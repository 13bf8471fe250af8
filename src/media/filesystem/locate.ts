/** Finds the file that a database's path means, and says early and clearly when there can be none. */
import { DatabaseUnavailable } from '../../errors/index.ts';
import { mayReadProc } from '../../runtime.ts';
import type { FileKind } from '../medium.ts';
import type { FileSystem } from './disk-file.ts';
import { openFailure } from './failure.ts';

/** What SQLite keeps beside a database. */
export const companions: readonly FileKind[] = ['-journal', '-wal', '-shm'];

type Paths = typeof import('node:path');

export interface Place {
  /** Absolute and free of symbolic links, so that two names of one file meet the same lock and journal. */
  readonly path: string;
  readonly folder: string;
}

export function locate(fs: FileSystem, paths: Paths, database: string): Place {
  let named = database;
  try {
    // Fails if the working directory has been removed.
    named = paths.resolve(database);
    const folder = realFolder(fs, named, paths.dirname(named), () => slashHint(fs, paths, database));
    const path = realFile(fs, paths.join(folder, paths.basename(named)));
    for (const kind of companions) refuseIrregular(fs, path, path + kind);
    return { path, folder: paths.dirname(path) };
  } catch (error) {
    throw openFailure('open', named, error);
  }
}

/** What to write for an absolute path, if that was probably meant: its URL has one slash more than a relative one. */
function slashHint(fs: FileSystem, paths: Paths, database: string): string {
  const absolute = `/${database}`;
  try {
    const wasMeant = !paths.isAbsolute(database) && fs.existsSync(paths.dirname(absolute));
    return wasMeant ? ` The URL of ${absolute} is sqlite:///${absolute}.` : '';
  } catch {
    // Deno may not be allowed to look there.
    return '';
  }
}

function realFolder(fs: FileSystem, database: string, folder: string, hint: () => string): string {
  const there = fs.statSync(folder, { throwIfNoEntry: false });
  if (there === undefined) {
    throw new DatabaseUnavailable(
      `Cannot open ${database}: the folder ${folder} does not exist. Create it, or correct the path.${hint()}`,
      database,
    );
  }
  if (!there.isDirectory()) {
    throw new DatabaseUnavailable(`Cannot open ${database}: ${folder} is not a folder. Correct the path.`, database);
  }
  return realPath(fs, folder);
}

function realFile(fs: FileSystem, path: string): string {
  const there = fs.statSync(path, { throwIfNoEntry: false });
  if (there === undefined) {
    if (fs.lstatSync(path, { throwIfNoEntry: false }) === undefined) return path;
    throw new DatabaseUnavailable(
      `Cannot open ${path}: it is a symbolic link to ${fs.readlinkSync(path)}, which does not exist. ` +
        'Create that file, empty, or remove the link.',
      path,
    );
  }
  if (there.isDirectory()) {
    throw new DatabaseUnavailable(`Cannot open ${path}: it is a folder. Name a file in it.`, path);
  }
  // Opening a pipe would block until its other end opens.
  if (!there.isFile()) throw new DatabaseUnavailable(`Cannot open ${path}: it is not a regular file.`, path);
  return realPath(fs, path);
}

/** Bun puts replacement characters into a name that is not UTF-8: a new database would then be created under that one. */
function realPath(fs: FileSystem, path: string): string {
  const real = fs.realpathSync(path);
  if (real.includes('\u{fffd}') && !path.includes('\u{fffd}')) {
    const message = `Cannot open ${path}: it leads to ${real}, but that name is not UTF-8. Rename the file or folder.`;
    throw new DatabaseUnavailable(message, path);
  }
  return real;
}

/** The keeper's native SQLite opens these too, and would block on a pipe until its other end opens. */
function refuseIrregular(fs: FileSystem, database: string, companion: string): void {
  if (fs.statSync(companion, { throwIfNoEntry: false })?.isFile() ?? true) return;
  throw new DatabaseUnavailable(
    `Cannot open ${database}: ${companion} is not a regular file. Remove it, or move it away.`,
    database,
  );
}

/**
 * Refuses to write to a file that is mounted by itself, as `docker run -v cl.sqlite:/data/cl.sqlite` and a `subPath` do.
 * The journal and the lock file would be beside its name here, where nobody finds them who has the file elsewhere.
 */
export function refuseMountedAlone(fs: FileSystem, { path, folder }: Place): void {
  if (!mountPoints(fs).includes(path)) return;
  throw new DatabaseUnavailable(
    `Cannot write to ${path}: the file is mounted by itself, without the folder that its journal, its lock file, or a ` +
      `file that replaces it would have to be in. Mount that folder at ${folder} instead, or open the file with read_only.`,
    path,
  );
}

/** Where file systems are mounted; none where the system does not say. */
function mountPoints(fs: FileSystem): readonly string[] {
  try {
    const lines = mayReadProc() ? fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n') : [];
    // The fifth field; blanks, tabs, newlines and backslashes in it are octal numbers.
    return lines.map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    );
  } catch {
    return [];
  }
}
