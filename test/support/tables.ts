/** Reads and changes a SQLite file with native SQLite, to check what is really in it. */
import { execFileSync } from 'node:child_process';
import { needed } from './native-programs.ts';

const options = { encoding: 'utf8', maxBuffer: 1 << 28 } as const;

/** Runs statements with the native `sqlite3`, up to the first that fails; returns what they print. */
export function nativeSql(path: string, sql: string): string {
  return execFileSync(needed('sqlite3'), ['-bail', path], { ...options, input: sql }).trimEnd();
}

/** Runs a query with the native `sqlite3`; returns its rows, from JSON. */
export function nativeRows(path: string, sql: string): Record<string, unknown>[] {
  const text = execFileSync(needed('sqlite3'), ['-readonly', '-json', path, sql], options);
  return text.trim() === '' ? [] : (JSON.parse(text) as Record<string, unknown>[]);
}

/** The whole database as SQL text, row ids included: equal texts mean equal schemas and equal rows. */
export function nativeDump(path: string): string {
  return execFileSync(needed('sqlite3'), ['-readonly', path, '.dump --preserve-rowids'], options);
}

/** The result of `PRAGMA integrity_check`; `ok` if there is no damage. */
export function integrity(path: string): unknown {
  return nativeRows(path, 'PRAGMA integrity_check')[0]?.['integrity_check'];
}
