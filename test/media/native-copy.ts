/** What native SQLite finds in a database that came out of a browser. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeSql } from '../support/tables.ts';

export interface NativeView {
  /** `ok`, or what is wrong. */
  readonly integrity: string;
  /** `delete` for a file at rest: it needs no log beside it. */
  readonly journal: string;
  /** The names of all volumes, sorted. */
  readonly names: readonly string[];
  /** The keys of all key-value pairs, sorted. */
  readonly keys: readonly string[];
}

/** @param base64 the bytes of the exported file */
export function nativeView(base64: string): NativeView {
  const folder = mkdtempSync(join(tmpdir(), 'exported-'));
  try {
    const path = join(folder, 'exported.sqlite');
    writeFileSync(path, Buffer.from(base64, 'base64'));
    const run = (sql: string): string => nativeSql(path, sql);
    return {
      integrity: run('PRAGMA integrity_check'),
      journal: run('PRAGMA journal_mode'),
      keys: run('SELECT key FROM cinderlib_persistence_key_value ORDER BY 1').split('\n').filter(Boolean),
      names: run('SELECT display_name FROM volumes WHERE NOT deleted ORDER BY 1').split('\n').filter(Boolean),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
