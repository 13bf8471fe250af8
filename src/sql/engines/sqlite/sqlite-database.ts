/**
 * A database opened through SQLite's C API: runs statements, and keeps them prepared.
 *
 * Everything here is synchronous and knows nothing of transactions; `sqlite.ts` puts them in order.
 */
import { type CinderlibError, DatabaseError, StorageFailure } from '../../../errors/index.ts';
import type { Medium } from '../../../media/medium.ts';
import type { RowSet, SqlValue } from '../../../rpc/contract.ts';
import { readVersionAt, rollbackJournal, writeVersionAt } from '../../../sqlite-header.ts';
import { Code } from '../../../vfs/codes.ts';
import type { Mount } from '../../../vfs/mount.ts';
import type { SqliteInstance } from '../../../vfs/sqlite-instance.ts';
import type { SqlParameters } from '../../engine.ts';
import { shownSql } from '../shown-sql.ts';
import { sqliteError } from './sqlite-errors.ts';
import { Scratch } from './sqlite-scratch.ts';
import { SqliteStatement } from './sqlite-statement.ts';

/** More statements than the core has; each takes a few kilobytes. */
const keptStatements = 100;
/** What may follow a statement: nothing that could be executed. */
const nothing = /^(\s|;|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)*$/;

export class SqliteDatabase {
  readonly instance: SqliteInstance;
  readonly mount: Mount;
  readonly #pointer: number;
  readonly #scratch: Scratch;
  /** Least recently used first. */
  readonly #statements = new Map<string, SqliteStatement>();

  private constructor(instance: SqliteInstance, mount: Mount, pointer: number) {
    this.instance = instance;
    this.mount = mount;
    this.#pointer = pointer;
    this.#scratch = new Scratch(instance);
  }

  /** Opens the database of a medium, creating its file when there is none. Nothing is read yet. */
  static open(instance: SqliteInstance, medium: Medium): SqliteDatabase {
    const mount = instance.mount(medium);
    try {
      const { code, pointer } = instance.use(medium.path, () => openPointer(instance, mount.name));
      const database = new SqliteDatabase(instance, mount, pointer);
      if (code === Code.ok) return database;
      const error = instance.use(medium.path, () => database.#error(code, 'open'));
      database.close();
      throw error;
    } catch (error) {
      instance.unmount(mount);
      throw error;
    }
  }

  get path(): string {
    return this.mount.medium.path;
  }

  all(sql: string, parameters: SqlParameters): RowSet {
    const rows: SqlValue[][] = [];
    let columns: readonly string[] = [];
    this.#execute(
      sql,
      parameters,
      (statement) => {
        if (rows.length === 0) columns = statement.columns();
        rows.push(statement.row(columns));
      },
      (statement) => {
        if (rows.length === 0) columns = statement.columns();
      },
    );
    return { columns, rows };
  }

  run(sql: string, parameters: SqlParameters = []): number {
    let changed = 0;
    this.#execute(sql, parameters, ignore, (statement) => {
      if (statement.changesRows) changed = this.instance.sqlite.sqlite3_changes(this.#pointer);
    });
    return changed;
  }

  /** The first value of the first row: for pragmas. */
  value(sql: string): SqlValue {
    return this.all(sql, []).rows[0]?.[0] ?? null;
  }

  /** Bytes of the database file, including what is still in its write-ahead log. */
  get size(): number {
    if (!this.#hasLog) return this.mount.main?.size() ?? 0;
    return Number(this.value('PRAGMA page_count')) * Number(this.value('PRAGMA page_size'));
  }

  get #hasLog(): boolean {
    return this.mount.medium.journal === 'wal';
  }

  /** The database file as stored on the medium. No write may be under way. */
  bytes(): Uint8Array<ArrayBuffer> {
    // A read makes SQLite roll back whatever a failed commit left.
    this.value('SELECT count(*) FROM sqlite_schema');
    if (this.#hasLog) this.value('PRAGMA wal_checkpoint(TRUNCATE)');
    const file = this.mount.main;
    const bytes = new Uint8Array(file?.size() ?? 0);
    const count = file?.read(bytes, 0) ?? 0;
    // The copy comes without a log.
    if (this.#hasLog) bytes.fill(rollbackJournal, writeVersionAt, readVersionAt + 1);
    if (count === bytes.length) return bytes;
    throw new StorageFailure(`Cannot read ${this.path}: it was truncated meanwhile.`, this.path);
  }

  /** Never fails: an instance that does has no more to say, and its files are closed without it. */
  close(): void {
    try {
      this.instance.use(this.path, () => this.#release());
    } catch {
      // What it had to make durable was so before.
    }
    this.#statements.clear();
    this.instance.unmount(this.mount);
  }

  #release(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.instance.sqlite.sqlite3_close_v2(this.#pointer);
    this.#scratch.free();
  }

  #execute(
    sql: string,
    parameters: SqlParameters,
    onRow: (statement: SqliteStatement) => void,
    onDone: (statement: SqliteStatement) => void,
  ): void {
    this.mount.clear();
    let statement: SqliteStatement | null = null;
    const run = (): void => {
      statement = this.#prepare(sql);
      let code = statement.bind(parameters);
      if (code !== Code.ok) throw this.#error(code, sql);
      for (code = statement.step(); code === Code.row; code = statement.step()) onRow(statement);
      if (code !== Code.done) throw this.#error(code, sql);
      onDone(statement);
    };
    this.instance.use(this.path, run, () => statement?.reset());
  }

  #prepare(sql: string): SqliteStatement {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) {
      this.#statements.delete(sql);
      this.#statements.set(sql, kept);
      return kept;
    }
    const statement = new SqliteStatement(this.instance, this.#scratch, this.#compile(sql), sql, this.path);
    this.#statements.set(sql, statement);
    if (this.#statements.size > keptStatements) {
      for (const [oldest, evicted] of this.#statements) {
        this.#statements.delete(oldest);
        evicted.finalize();
        break;
      }
    }
    return statement;
  }

  #compile(sql: string): number {
    const { sqlite, heap } = this.instance;
    const text = sqlite.newText(sql);
    const result = sqlite.malloc(8);
    const compile = (): number => {
      const code = sqlite.sqlite3_prepare_v2(this.#pointer, text, -1, result, result + 4);
      if (code !== Code.ok) throw this.#error(code, sql);
      const pointer = heap.word(result);
      const rest = sqlite.textAt(heap.word(result + 4));
      if (pointer !== 0 && nothing.test(rest) && !sql.includes('\0')) return pointer;
      sqlite.sqlite3_finalize(pointer);
      throw new DatabaseError(`Exactly one statement is expected: ${shownSql(sql)}`);
    };
    return this.instance.use(this.path, compile, () => {
      sqlite.free(result);
      sqlite.free(text);
    });
  }

  #error(code: number, sql: string): CinderlibError {
    const { sqlite } = this.instance;
    const message = sqlite.textAt(sqlite.sqlite3_errmsg(this.#pointer));
    return sqliteError({ code, message, sql, path: this.path, failure: this.mount.failure });
  }
}

function openPointer(
  { sqlite, heap }: SqliteInstance,
  file: string,
): { readonly code: number; readonly pointer: number } {
  const name = sqlite.newText(file);
  const result = sqlite.malloc(4);
  heap.setWord(result, 0);
  const code = sqlite.sqlite3_open(name, result);
  const pointer = heap.word(result);
  sqlite.free(result);
  sqlite.free(name);
  return { code, pointer };
}

function ignore(): void {}
