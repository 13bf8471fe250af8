/** A file that is there whole or not at all: written under another name beside it, and named at the end. */
import { DatabaseExists, StorageFailure } from '../../errors/index.ts';
import { builtin } from '../../runtime.ts';
import type { Storages } from '../storage.ts';

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
  const fs = filesFor(path, replace);
  const temporary = `${path}.${crypto.randomUUID()}.part`;
  let filled = false;
  storages.atEnd(() => {
    if (filled) giveName(fs, temporary, path, replace);
    else for (const companion of ['', '-journal', '.lock']) fs.rmSync(temporary + companion, { force: true });
  });
  const result = await fill(temporary);
  filled = true;
  return result;
}

type FileSystem = typeof import('node:fs');

function filesFor(path: string, replace: boolean): FileSystem {
  const fs = builtin('node:fs');
  if (fs === undefined) throw new StorageFailure('This runtime has no file system.', path);
  if (replace || !fs.existsSync(path)) return fs;
  throw existing(path);
}

function existing(path: string): DatabaseExists {
  return new DatabaseExists(`${path} exists already. Name another file, or replace it with --force.`);
}

/** Names a file that is whole. Renaming would replace what has got the name meanwhile; a second name fails then. */
function giveName(fs: FileSystem, temporary: string, path: string, replace: boolean): void {
  if (replace) {
    fs.renameSync(temporary, path);
    return;
  }
  try {
    fs.linkSync(temporary, path);
  } catch (error) {
    const code = codeOf(error);
    // Some file systems have no second names. There a file that appears in this very moment is replaced.
    if (code !== null && withoutLinks.has(code) && !fs.existsSync(path)) {
      fs.renameSync(temporary, path);
      return;
    }
    fs.rmSync(temporary, { force: true });
    throw code === 'EEXIST' || fs.existsSync(path) ? existing(path) : error;
  }
  fs.rmSync(temporary);
}

const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'EACCES']);

function codeOf(error: unknown): string | null {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : null;
  return typeof code === 'string' ? code : null;
}

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
  const fs = filesFor(path, replace);
  const temporary = `${path}.${crypto.randomUUID()}.part`;
  const remove = (): void => fs.rmSync(temporary, { force: true });
  storages.atEnd(remove);
  try {
    const file = fs.openSync(temporary, 'wx', 0o600);
    let result: T;
    try {
      result = await content(async (text) => void fs.writeFileSync(file, text));
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    giveName(fs, temporary, path, replace);
    return result;
  } catch (cause) {
    remove();
    const code = codeOf(cause);
    if (code === null || !/^E[A-Z]+$/.test(code)) throw cause;
    throw new StorageFailure(`Cannot write ${path}: ${code}.`, path, code, { cause });
  }
}
