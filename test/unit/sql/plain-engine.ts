/** A SQL engine on plain sql.js in memory: what the core needs, and no more, with a list of all statements. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { RowSet, SqlValue } from '../../../src/rpc/contract.ts';
import type { CoreEngine, SqlParameters, Work } from '../../../src/sql/engine.ts';

/** What is used of sql.js. */
interface PlainStatement {
  bind(values: SqlParameters): boolean;
  step(): boolean;
  get(): SqlValue[];
  getColumnNames(): string[];
  free(): void;
}
interface PlainDatabase {
  prepare(sql: string): PlainStatement;
  getRowsModified(): number;
  export(): Uint8Array;
  close(): void;
}
interface PlainSqlJs {
  readonly Database: new (bytes?: Uint8Array) => PlainDatabase;
}
type Start = () => Promise<PlainSqlJs>;

const start = createRequire(import.meta.url)('sql.js/dist/sql-wasm.js') as Start;

export class PlainEngine implements CoreEngine {
  readonly dialect = 'sqlite';
  readonly path = 'plain';
  readonly version = 'plain';
  readonly readOnly = false;
  readonly nativeLocks = 'none';
  readonly lockFile = null;
  /** Every statement that was run, in order. */
  readonly statements: string[] = [];
  /** How many works each group had. */
  readonly groups: number[] = [];
  closed = false;
  /** A statement that matches fails. */
  failing: RegExp | null = null;
  readonly #database: PlainDatabase;

  private constructor(database: PlainDatabase) {
    this.#database = database;
  }

  /** A database with this content, or a new one. */
  static async open(bytes?: Uint8Array): Promise<PlainEngine> {
    const { Database } = await start();
    return new PlainEngine(new Database(bytes));
  }

  get size(): number {
    return this.#database.export().length;
  }

  async all(sql: string, parameters: SqlParameters = []): Promise<RowSet> {
    return this.#execute(sql, parameters);
  }

  async run(sql: string, parameters: SqlParameters = []): Promise<number> {
    this.#execute(sql, parameters);
    return this.#database.getRowsModified();
  }

  /** Rows as objects, for tests to look at. */
  rows(sql: string, parameters: SqlParameters = []): Record<string, SqlValue>[] {
    const { columns, rows } = this.#execute(sql, parameters);
    return rows.map((row) => Object.fromEntries(columns.map((column, place) => [column, row[place] ?? null])));
  }

  /** The first value of the first row. */
  value(sql: string, parameters: SqlParameters = []): SqlValue | undefined {
    return this.#execute(sql, parameters).rows[0]?.[0];
  }

  async read<T>(work: Work<T>): Promise<T> {
    return work(this);
  }

  checkFile(): void {}

  async refresh(): Promise<void> {}

  async transaction<T>(work: Work<T>): Promise<T> {
    const [result] = await this.group([work]);
    if (result?.status === 'fulfilled') return result.value;
    throw result?.reason;
  }

  async group<T>(works: readonly Work<T>[]): Promise<PromiseSettledResult<T>[]> {
    this.groups.push(works.length);
    this.#execute('BEGIN', []);
    const results: PromiseSettledResult<T>[] = [];
    for (const work of works) {
      this.#execute('SAVEPOINT work', []);
      const [result] = await Promise.allSettled([work(this)]);
      if (result.status === 'rejected') this.#execute('ROLLBACK TO work', []);
      this.#execute('RELEASE work', []);
      results.push(result);
    }
    this.#execute('COMMIT', []);
    return results;
  }

  async bytes(): Promise<Uint8Array> {
    return this.#database.export();
  }

  /** A digest of the whole file, to see whether any byte has changed. */
  digest(): string {
    return createHash('sha256').update(this.#database.export()).digest('hex');
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #execute(sql: string, parameters: SqlParameters): RowSet {
    this.statements.push(sql);
    if (this.failing?.test(sql)) throw new Error(`fault: ${sql}`);
    const statement = this.#database.prepare(sql);
    try {
      statement.bind(parameters);
      const rows: SqlValue[][] = [];
      while (statement.step()) rows.push(statement.get());
      return { columns: statement.getColumnNames(), rows };
    } finally {
      statement.free();
    }
  }
}
