/** Opens a database for a moment while the engine starts, when nothing of it can be relied on yet. */
import type { SqlJs } from 'virtual:sql.js';
import { Code } from './codes.ts';
import type { Heap } from './heap.ts';
import { mismatch } from './layout.ts';

/** @param use gets the address of the open database */
export function withScratchDatabase<T>(sqlite: SqlJs, heap: Heap, name: string, use: (database: number) => T): T {
  const text = sqlite.stringToNewUTF8(name);
  const result = sqlite._malloc(4);
  heap.setWord(result, 0);
  const code = sqlite._sqlite3_open(text, result);
  const database = heap.word(result);
  try {
    if (code !== Code.ok) throw mismatch('the result of opening a scratch database', '0', code);
    return use(database);
  } finally {
    sqlite._sqlite3_close_v2(database);
    sqlite._free(result);
    sqlite._free(text);
  }
}
