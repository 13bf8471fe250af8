/** One prepared statement: binds values, steps, and reads rows. */
import { DatabaseError, StorageFailure, ValueError } from '../../../errors/index.ts';
import type { SqlValue } from '../../../rpc/contract.ts';
import { Code } from '../../../vfs/codes.ts';
import type { SqliteInstance } from '../../../vfs/sqlite-instance.ts';
import type { SqlParameters } from '../../engine.ts';
import { refuseLoneSurrogates } from '../lone-surrogates.ts';
import { shownSql } from '../shown-sql.ts';
import type { Scratch } from './sqlite-scratch.ts';
import { readText, textCapacity, writeText } from './sqlite-text.ts';

/** SQLite's data types, as returned by sqlite3_column_type. */
const Type = { integer: 1, float: 2, text: 3, blob: 4 } as const;
/** SQLITE_TRANSIENT: SQLite makes its own copy while binding. */
const transient = -1;
const leastLong = -(2n ** 63n);
const greatestLong = 2n ** 63n - 1n;
const changesRows = /^[\s(]*(insert|update|delete|replace|with)\b/i;

/** Whether a statement may change rows; if so, sqlite3_changes is about it, not about an earlier one. */
export function writesRows(sql: string): boolean {
  return changesRows.test(sql);
}

export class SqliteStatement {
  readonly sql: string;
  readonly changesRows: boolean;
  readonly #instance: SqliteInstance;
  readonly #scratch: Scratch;
  readonly #pointer: number;
  /** The database, for messages. */
  readonly #path: string;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #encoder = new TextEncoder();
  /** How many values it takes, once known: there is no sqlite3_bind_parameter_count. */
  #parameterCount: number | null = null;
  #columns: readonly string[] = [];
  /** The address of the first column's name: it changes when SQLite re-prepares the statement. */
  #firstName = 0;

  constructor(instance: SqliteInstance, scratch: Scratch, pointer: number, sql: string, path: string) {
    this.#instance = instance;
    this.#scratch = scratch;
    this.#pointer = pointer;
    this.#path = path;
    this.sql = sql;
    this.changesRows = writesRows(sql);
  }

  /** Binds all values; returns a result code, and throws ValueError for what SQLite cannot hold. */
  bind(parameters: SqlParameters): number {
    for (let index = 0; index < parameters.length; index++) {
      const code = this.#bindOne(index + 1, parameters[index] ?? null);
      if (code !== Code.ok) return code === Code.range ? this.#refuseCount(parameters) : code;
    }
    if (this.#parameterCount === null && this.#bindNull(parameters.length + 1) === Code.range) {
      this.#parameterCount = parameters.length;
    }
    return this.#parameterCount === parameters.length ? Code.ok : this.#refuseCount(parameters);
  }

  /** Moves to the next row: SQLITE_ROW, SQLITE_DONE or an error's code. */
  step(): number {
    return this.#instance.sqlite.sqlite3_step(this.#pointer);
  }

  /** Makes it ready to run again, and releases the bound values. */
  reset(): void {
    this.#instance.sqlite.sqlite3_reset(this.#pointer);
    if (this.#parameterCount !== 0) this.#instance.sqlite.sqlite3_clear_bindings(this.#pointer);
  }

  finalize(): void {
    this.#instance.sqlite.sqlite3_finalize(this.#pointer);
  }

  /** The column names. Call it after the first step: that is when SQLite notices a changed schema. */
  columns(): readonly string[] {
    const { sqlite } = this.#instance;
    const firstName = sqlite.sqlite3_column_name(this.#pointer, 0);
    if (firstName === this.#firstName) return this.#columns;
    this.#firstName = firstName;
    this.#columns = Array.from({ length: sqlite.sqlite3_column_count(this.#pointer) }, (_, column) =>
      sqlite.textAt(sqlite.sqlite3_column_name(this.#pointer, column)),
    );
    return this.#columns;
  }

  /** The current row. */
  row(columns: readonly string[]): SqlValue[] {
    const values = new Array<SqlValue>(columns.length);
    for (let column = 0; column < columns.length; column++) values[column] = this.#value(column);
    return values;
  }

  #value(column: number): SqlValue {
    const { sqlite } = this.#instance;
    switch (sqlite.sqlite3_column_type(this.#pointer, column)) {
      case Type.integer: {
        // There is no sqlite3_column_int64: beyond 2^53 the text is exact and the double is not.
        const value = sqlite.sqlite3_column_double(this.#pointer, column);
        return Number.isSafeInteger(value) ? value : BigInt(this.#text(column));
      }
      case Type.float:
        return sqlite.sqlite3_column_double(this.#pointer, column);
      case Type.text:
        return this.#text(column);
      case Type.blob:
        throw this.#unreadable(column, 'binary data, which no Cinder column has');
      default:
        return null;
    }
  }

  #text(column: number): string {
    const { sqlite, heap } = this.#instance;
    const text = sqlite.sqlite3_column_text(this.#pointer, column);
    const length = sqlite.sqlite3_column_bytes(this.#pointer, column);
    if (text === 0) throw new StorageFailure('SQLite is out of memory.', null, 'ENOMEM');
    try {
      return readText(heap.bytes, text, length, this.#decoder);
    } catch (cause) {
      throw this.#unreadable(column, 'text that is not UTF-8', cause);
    }
  }

  /** The value itself may be a secret. */
  #unreadable(column: number, what: string, cause?: unknown): DatabaseError {
    const [, table = 'unknown'] = /\bFROM\s+"?(\w+)/i.exec(this.sql) ?? [];
    return new DatabaseError(
      `Column ${this.columns()[column]} holds ${what}, in the table ${table} of ${this.#path}. ` +
        `Correct the row, with sqlite3 for instance. It was read by: ${shownSql(this.sql)}`,
      cause === undefined ? {} : { cause },
    );
  }

  #bindOne(index: number, value: SqlValue): number {
    switch (typeof value) {
      case 'string':
        return this.#bindText(index, value);
      case 'number':
        return this.#bindNumber(index, value);
      case 'boolean':
        return this.#instance.sqlite.sqlite3_bind_int(this.#pointer, index, value ? 1 : 0);
      case 'bigint':
        return this.#bindBigint(index, value);
      default:
        return this.#bindNull(index);
    }
  }

  /** There is no sqlite3_bind_null: a NULL blob binds NULL. */
  #bindNull(index: number): number {
    return this.#instance.sqlite.sqlite3_bind_blob(this.#pointer, index, 0, 0, 0);
  }

  #bindText(index: number, value: string): number {
    refuseLoneSurrogates(value);
    const pointer = this.#scratch.reserve(textCapacity(value));
    const { sqlite, heap } = this.#instance;
    const length = writeText(heap.bytes, pointer, value, this.#encoder);
    return sqlite.sqlite3_bind_text(this.#pointer, index, pointer, length, transient);
  }

  /** A large whole number is bound as a double, exact to 2^53, which an INTEGER column turns into an integer. */
  #bindNumber(index: number, value: number): number {
    const { sqlite } = this.#instance;
    if (value === (value | 0)) return sqlite.sqlite3_bind_int(this.#pointer, index, value);
    // SQLite would silently store NULL.
    if (Number.isNaN(value)) throw new ValueError('NaN cannot be stored: it is not a number.');
    return sqlite.sqlite3_bind_double(this.#pointer, index, value);
  }

  /**
   * There is no sqlite3_bind_int64: beyond 2^53 the digits are bound as text, which columns of INTEGER and
   * NUMERIC affinity turn into the exact integer. Cinder has integers in no other columns.
   */
  #bindBigint(index: number, value: bigint): number {
    if (value < leastLong || value > greatestLong) {
      throw new ValueError(`${value} cannot be stored: SQLite's integers have 64 bits.`);
    }
    const number = Number(value);
    return Number.isSafeInteger(number) ? this.#bindNumber(index, number) : this.#bindText(index, value.toString());
  }

  #refuseCount(parameters: SqlParameters): never {
    const wanted = this.#parameterCount === null ? 'another number' : String(this.#parameterCount);
    throw new DatabaseError(`${parameters.length} values were given, but ${wanted} expected: ${shownSql(this.sql)}`);
  }
}
