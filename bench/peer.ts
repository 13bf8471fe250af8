/** The peer: better-sqlite3, the fastest native SQLite for Node, with the same schema and the same rows. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';

/** The part of better-sqlite3 that is used here; it ships no types. */
export interface NativeDatabase {
  pragma(sql: string): unknown;
  prepare(sql: string): NativeStatement;
  transaction(work: (n: number) => void): (n: number) => void;
  close(): void;
}
interface NativeStatement {
  run(...values: unknown[]): unknown;
  all(...values: unknown[]): Record<string, unknown>[];
}

export function nativeDatabase(path: string): NativeDatabase {
  // Resolved from the bench folder, where it is installed: the bundled program lies elsewhere.
  const require = createRequire(join(process.cwd(), 'bench', 'package.json'));
  // The shape is the one that better-sqlite3 documents.
  const Database = require('better-sqlite3') as new (file: string) => NativeDatabase;
  return new Database(path);
}

/** Creates a database with Cinder's schema for the peer to write to. */
export async function emptyDatabase(connection: string): Promise<void> {
  const cl = await setup({ persistence_config: { storage: 'db', connection } });
  await cl.close();
}

/** Opens it for writing as our own engine does: the same journal mode, the same syncs. */
export function nativeWriter(path: string): NativeDatabase {
  const database = nativeDatabase(path);
  database.pragma('journal_mode = TRUNCATE');
  database.pragma('synchronous = FULL');
  return database;
}

/** Reads the rows of a volume as plain objects; the peer does not build the library's objects from them. */
export function nativeRead(database: NativeDatabase): (id: string) => void {
  const queries = [
    'SELECT * FROM volumes WHERE id = ? AND deleted = 0',
    'SELECT * FROM volume_metadata WHERE volume_id = ? AND deleted = 0',
    'SELECT * FROM volume_admin_metadata WHERE volume_id = ? AND deleted = 0',
    'SELECT * FROM volume_attachment WHERE volume_id = ? AND deleted = 0',
    'SELECT t.* FROM volume_types t JOIN volumes v ON v.volume_type_id = t.id WHERE v.id = ? AND t.deleted = 0',
    'SELECT s.* FROM volume_type_extra_specs s JOIN volumes v ON v.volume_type_id = s.volume_type_id ' +
      'WHERE v.id = ? AND s.deleted = 0',
  ].map((sql) => database.prepare(sql));
  return (id) => {
    for (const query of queries) query.all(id);
  };
}
