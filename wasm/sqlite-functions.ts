/**
 * The functions of SQLite and of its C library that are used, with their types and the names that the engine exports
 * them by. A pointer is a plain number; `0` is NULL.
 */

export interface SqliteFunctions {
  malloc(size: number): number;
  free(pointer: number): void;
  sqlite3_open(name: number, database: number): number;
  sqlite3_close_v2(database: number): number;
  sqlite3_errmsg(database: number): number;
  sqlite3_changes(database: number): number;
  sqlite3_exec(database: number, sql: number, callback: 0, context: 0, message: 0): number;
  sqlite3_prepare_v2(database: number, sql: number, bytes: number, statement: number, tail: number): number;
  sqlite3_step(statement: number): number;
  sqlite3_reset(statement: number): number;
  sqlite3_clear_bindings(statement: number): number;
  sqlite3_finalize(statement: number): number;
  sqlite3_column_count(statement: number): number;
  sqlite3_column_name(statement: number, column: number): number;
  sqlite3_column_type(statement: number, column: number): number;
  sqlite3_column_text(statement: number, column: number): number;
  sqlite3_column_bytes(statement: number, column: number): number;
  sqlite3_column_double(statement: number, column: number): number;
  sqlite3_bind_text(statement: number, index: number, text: number, bytes: number, destructor: number): number;
  sqlite3_bind_blob(statement: number, index: number, data: number, bytes: number, destructor: number): number;
  sqlite3_bind_double(statement: number, index: number, value: number): number;
  sqlite3_bind_int(statement: number, index: number, value: number): number;
}

/**
 * Emscripten shortens the names of exports and imports, differently in each build: these are the pinned engine's. The
 * script that sql.js publishes beside it has the same, which test/unit/vfs/engine.test.ts compares.
 */
export const functionNames: Readonly<Record<keyof SqliteFunctions, string>> = {
  malloc: 'Ia',
  free: 'Ja',
  sqlite3_open: 'Ha',
  sqlite3_close_v2: 'Ea',
  sqlite3_errmsg: '$',
  sqlite3_changes: 'Da',
  sqlite3_exec: 'W',
  sqlite3_prepare_v2: 'T',
  sqlite3_step: 'U',
  sqlite3_reset: 'V',
  sqlite3_clear_bindings: 'da',
  sqlite3_finalize: 'X',
  sqlite3_column_count: 'ra',
  sqlite3_column_name: 'Y',
  sqlite3_column_type: '_',
  sqlite3_column_text: 'Z',
  sqlite3_column_bytes: 'ua',
  sqlite3_column_double: 'va',
  sqlite3_bind_text: 'za',
  sqlite3_bind_blob: 'wa',
  sqlite3_bind_double: 'xa',
  sqlite3_bind_int: 'ya',
};

/** Other exports: its memory, the table of functions that can be called by pointer, and what initialises it. */
export const exportNames = { memory: 'O', table: 'Q', start: 'P' } as const;

/** The module that all imports are in, and the names of those that are called. */
export const importModule = 'a';
export const importNames = {
  abort: 'w',
  environmentSize: 'H',
  largestMemory: 'p',
  growMemory: 'l',
  milliseconds: 'c',
  date: 'd',
  localTime: 'A',
  timeZone: 'B',
} as const;
