/** The error for a database that is damaged. */
import { DatabaseCorrupt } from '../errors/index.ts';

/** The error for a file whose content makes no sense to SQLite, in SQLite's words. */
export function damaged(path: string, reason: string): DatabaseCorrupt {
  // In browsers there is no file that sqlite3 could read.
  const rescue = /^(?:indexeddb|opfs):/.test(path) ? '' : `, or salvage what is left with "sqlite3 ${path} .recover"`;
  return new DatabaseCorrupt(`${path} is damaged: ${reason}. Restore a backup${rescue}.`);
}
