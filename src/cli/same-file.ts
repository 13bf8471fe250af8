/** Whether a source is the very file that is to be made: replaced by what is carried from it, it would be poorer. */
import { InvalidOption } from '../errors/index.ts';
import { builtin } from '../runtime.ts';
import { isSqliteUrl, sqlitePath } from '../sql/url.ts';
import { isPath, storageConfig } from './storage.ts';

/** @throws {InvalidOption} when both lead to one file, by whatever names and links */
export function refuseSameFile(from: string, to: string): void {
  const source = pathOf(from);
  if (source === null || !isSameFile(source, to)) return;
  throw new InvalidOption(`${to} is the same file as the source, and would be replaced by a copy. Name another one.`);
}

/** The file that an argument means; null where it is none. */
function pathOf(argument: string): string | null {
  if (argument === '-' || isPath(argument)) return argument === '-' ? null : argument;
  const { storage, connection } = storageConfig(argument);
  if (storage !== 'db' || typeof connection !== 'string' || !isSqliteUrl(connection)) return null;
  return sqlitePath(connection);
}

function isSameFile(one: string, other: string): boolean {
  const fs = builtin('node:fs');
  const status = (path: string) => fs?.statSync(path, { bigint: true, throwIfNoEntry: false });
  try {
    const [first, second] = [status(one), status(other)];
    if (fs === undefined || first === undefined || second === undefined) return false;
    if (fs.realpathSync(one) === fs.realpathSync(other)) return true;
    // Hard links have names of their own. Some file systems number no files.
    return first.ino !== 0n && first.ino === second.ino && first.dev === second.dev;
  } catch {
    // Whoever opens it says why it cannot be looked at.
    return false;
  }
}
