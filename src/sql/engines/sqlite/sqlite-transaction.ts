/** The connection that a piece of work is given: valid until the work ends or storage fails for the first time. */
import { DatabaseError, StorageFailure } from '../../../errors/index.ts';
import type { RowSet } from '../../../rpc/contract.ts';
import type { SqlConnection, SqlParameters, Work } from '../../engine.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

export class SqliteTransaction implements SqlConnection {
  readonly dialect = 'sqlite';
  readonly #database: SqliteDatabase;
  #ended = false;
  #failure: StorageFailure | null = null;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  async all(sql: string, parameters: SqlParameters = []): Promise<RowSet> {
    return this.#use(sql, () => this.#database.all(sql, parameters));
  }

  async run(sql: string, parameters: SqlParameters = []): Promise<number> {
    return this.#use(sql, () => this.#database.run(sql, parameters));
  }

  /** Throws the storage failure that a statement met, even if the work has caught it. */
  refuseFailed(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  end(): void {
    this.#ended = true;
  }

  /** After a storage failure SQLite may have rolled back: the next statement would then commit on its own. */
  #use<T>(sql: string, run: () => T): T {
    if (this.#ended) throw new DatabaseError(`The transaction has ended; it cannot run: ${sql}`);
    this.refuseFailed();
    try {
      return run();
    } catch (error) {
      if (error instanceof StorageFailure) this.#failure = error;
      throw error;
    }
  }
}

/** Runs work that only reads in one transaction, so that it sees one consistent state. */
export async function readTransaction<T>(database: SqliteDatabase, work: Work<T>): Promise<T> {
  const connection = new SqliteTransaction(database);
  database.run('BEGIN');
  try {
    return await work(connection);
  } finally {
    connection.end();
    endReading(database);
  }
}

function endReading(database: SqliteDatabase): void {
  try {
    database.run('ROLLBACK');
  } catch {
    // SQLite has already ended it, with the error that the work met.
  }
}
