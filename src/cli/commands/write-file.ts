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
    if (filled) fs.renameSync(temporary, path);
    else for (const companion of ['', '-journal', '.lock']) fs.rmSync(temporary + companion, { force: true });
  });
  const result = await fill(temporary);
  filled = true;
  return result;
}

function filesFor(path: string, replace: boolean): typeof import('node:fs') {
  const fs = builtin('node:fs');
  if (fs === undefined) throw new StorageFailure('This runtime has no file system.', path);
  if (replace || !fs.existsSync(path)) return fs;
  throw new DatabaseExists(`${path} exists already. Name another file, or replace it with --force.`);
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
    fs.renameSync(temporary, path);
    return result;
  } catch (cause) {
    remove();
    const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : null;
    if (typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) throw cause;
    throw new StorageFailure(`Cannot write ${path}: ${code}.`, path, code, { cause });
  }
}
