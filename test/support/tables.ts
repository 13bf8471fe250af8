/** Reads a SQLite file with native SQLite, to check what is really in it. */
import { execFileSync } from 'node:child_process';

/** Runs a query with the native `sqlite3`; returns its rows, from JSON. */
export function sqlite3(path: string, sql: string): Record<string, unknown>[] {
  const text = execFileSync('sqlite3', ['-readonly', '-json', path, sql], { encoding: 'utf8', maxBuffer: 1 << 28 });
  return text.trim() === '' ? [] : (JSON.parse(text) as Record<string, unknown>[]);
}

/** The whole database as SQL text, row ids included: equal texts mean equal schemas and equal rows. */
export function nativeDump(path: string): string {
  const options = { encoding: 'utf8', maxBuffer: 1 << 28 } as const;
  return execFileSync('sqlite3', ['-readonly', path, '.dump --preserve-rowids'], options);
}

/** The result of `PRAGMA integrity_check`; `ok` if there is no damage. */
export function integrity(path: string): unknown {
  return sqlite3(path, 'PRAGMA integrity_check')[0]?.['integrity_check'];
}
