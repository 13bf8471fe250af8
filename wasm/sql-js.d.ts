/**
 * The parts of sql.js that are used: SQLite's C functions by their own names, and Emscripten's memory functions.
 *
 * The package has no types, and its own `Database` class is left unused on purpose: see README.md.
 * A pointer is a plain number; `0` is NULL.
 */
declare module 'virtual:sql.js' {
  export interface SqlJs {
    _malloc(size: number): number;
    _free(pointer: number): void;
    /** Puts a function into WebAssembly's table. `signature`: result first; `i` is 32 bits, `j` a BigInt of 64. */
    addFunction(callback: (...parameters: never[]) => number, signature: string): number;
    removeFunction(index: number): void;
    /** Copies text into newly allocated memory, which the caller frees. */
    stringToNewUTF8(text: string): number;
    UTF8ToString(pointer: number): string;

    _sqlite3_open(name: number, database: number): number;
    _sqlite3_close_v2(database: number): number;
    _sqlite3_errmsg(database: number): number;
    _sqlite3_changes(database: number): number;
    _sqlite3_exec(database: number, sql: number, callback: 0, context: 0, message: 0): number;
    _sqlite3_prepare_v2(database: number, sql: number, bytes: number, statement: number, tail: number): number;
    _sqlite3_step(statement: number): number;
    _sqlite3_reset(statement: number): number;
    _sqlite3_clear_bindings(statement: number): number;
    _sqlite3_finalize(statement: number): number;
    _sqlite3_column_count(statement: number): number;
    _sqlite3_column_name(statement: number, column: number): number;
    _sqlite3_column_type(statement: number, column: number): number;
    _sqlite3_column_text(statement: number, column: number): number;
    _sqlite3_column_bytes(statement: number, column: number): number;
    _sqlite3_column_double(statement: number, column: number): number;
    _sqlite3_bind_text(statement: number, index: number, text: number, bytes: number, destructor: number): number;
    _sqlite3_bind_blob(statement: number, index: number, data: number, bytes: number, destructor: number): number;
    _sqlite3_bind_double(statement: number, index: number, value: number): number;
    _sqlite3_bind_int(statement: number, index: number, value: number): number;
  }

  export interface SqlJsOptions {
    /** Called once, to make the instance; pass that to `done`. */
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): void;
    print?(line: string): void;
    printErr?(line: string): void;
  }

  /**
   * Makes a new `initSqlJs`, which starts an engine at the first call; later ones return the same instance, whatever
   * their options. The package itself exports one such function; `scripts/sql-js.mjs` makes this module of its text.
   */
  export default function newSqlJs(): (options: SqlJsOptions) => Promise<SqlJs>;
}
