/** Opens a database for a moment while the engine starts, when nothing of it can be relied on yet. */
import { Code } from './codes.ts';
import type { Sqlite } from './engine.ts';
import type { Heap } from './heap.ts';
import { mismatch } from './layout.ts';

/** @param use gets the address of the open database */
export function withScratchDatabase<T>(sqlite: Sqlite, heap: Heap, name: string, use: (database: number) => T): T {
  const text = sqlite.newText(name);
  const result = sqlite.malloc(4);
  heap.setWord(result, 0);
  const code = sqlite.sqlite3_open(text, result);
  const database = heap.word(result);
  try {
    if (code !== Code.ok) throw mismatch('the result of opening a scratch database', '0', code);
    return use(database);
  } finally {
    sqlite.sqlite3_close_v2(database);
    sqlite.free(result);
    sqlite.free(text);
  }
}
