/**
 * Tries a patched engine out on a scratch database in memory: does SQLite really use our files?
 *
 * A layout that looks right (`layout.ts`) does not prove that SQLite uses it as we think.
 */
import { MemoryMedium } from '../media/memory.ts';
import { signature } from '../sqlite-header.ts';
import { Code } from './codes.ts';
import type { Sqlite } from './engine.ts';
import type { Heap } from './heap.ts';
import { mismatch } from './layout.ts';
import { withScratchDatabase } from './scratch-database.ts';
import type { Vfs } from './vfs.ts';

const witness = 20_240_131;

/**
 * Throws EngineMismatch unless a written number can be read back, and its bytes are in the medium.
 *
 * A table would take twice as many functions of SQLite, each of which V8 compiles when it is first called: 10 to 20 ms
 * more of every start.
 */
export function probe(sqlite: Sqlite, heap: Heap, vfs: Vfs): void {
  const medium = new MemoryMedium();
  const mount = vfs.mount(medium);
  try {
    withScratchDatabase(sqlite, heap, mount.name, (database) => {
      const sql = sqlite.newText(`PRAGMA user_version = ${witness}`);
      const code = sqlite.sqlite3_exec(database, sql, 0, 0, 0);
      sqlite.free(sql);
      if (code !== Code.ok) throw mismatch('the result of writing a scratch database', '0', code);
    });
    const start = String.fromCharCode(...medium.bytes().subarray(0, signature.length));
    if (start !== signature)
      throw mismatch('the start of a scratch database', JSON.stringify(signature), JSON.stringify(start));
    withScratchDatabase(sqlite, heap, mount.name, (database) => {
      const value = readNumber(sqlite, heap, database, 'PRAGMA user_version');
      if (value !== witness) throw mismatch('the value read from a scratch database', String(witness), value);
    });
  } catch (error) {
    // With another layout WebAssembly calls some other function, or none at all.
    if (error instanceof WebAssembly.RuntimeError || error instanceof TypeError) {
      throw mismatch('the use of a scratch database', 'possible', `not: ${error.message}`);
    }
    throw error;
  } finally {
    vfs.unmount(mount);
  }
}

function readNumber(sqlite: Sqlite, heap: Heap, database: number, sql: string): number {
  const text = sqlite.newText(sql);
  const result = sqlite.malloc(4);
  heap.setWord(result, 0);
  const code = sqlite.sqlite3_prepare_v2(database, text, -1, result, 0);
  const statement = heap.word(result);
  try {
    if (code !== Code.ok || sqlite.sqlite3_step(statement) !== Code.row) return Number.NaN;
    return sqlite.sqlite3_column_double(statement, 0);
  } finally {
    sqlite.sqlite3_finalize(statement);
    sqlite.free(result);
    sqlite.free(text);
  }
}
