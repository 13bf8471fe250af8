/**
 * SQLite as a SQL engine: one database, on any medium, one transaction at a time.
 *
 * SQLite itself is synchronous; what is asynchronous is the work between its statements and the medium's
 * flush. So each call waits for its turn, and a transaction keeps its turn until it has ended. Work must
 * use the connection it is given: a call to the engine itself would deadlock.
 */
import { DatabaseError, OutcomeUnknown, StorageFailure } from '../../../errors/index.ts';
import type { NativeLocking } from '../../../media/guard.ts';
import type { Media, MediumConfig } from '../../../media/media.ts';
import type { Medium } from '../../../media/medium.ts';
import type { LockFile, RowSet } from '../../../rpc/contract.ts';
import type { SqliteInstance } from '../../../vfs/sqlite-instance.ts';
import { startSqlite } from '../../../vfs/start-sqlite.ts';
import type { CoreEngine, SqlParameters, Work } from '../../engine.ts';
import { SqliteAccess } from './sqlite-access.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { bringToRest, openDatabase, readHeader } from './sqlite-open.ts';
import { writesRows } from './sqlite-statement.ts';
import { readTransaction, SqliteTransaction } from './sqlite-transaction.ts';

/**
 * Opens a SQLite database, creating it when there is none.
 *
 * @throws {NotADatabase | DatabaseCorrupt | DatabaseLocked | DatabaseUnavailable | DatabaseExists | StorageFailure}
 * having released everything and left behind no file that did not exist before
 */
export async function openSqlite(media: Media, config: MediumConfig): Promise<SqliteEngine> {
  // Compiled in the background, while the medium takes its lock and starts its keeper.
  const starting = startSqlite();
  // If the medium cannot be opened, nobody waits for it.
  starting.catch(() => {});
  return openSqliteOn(starting, await media.open(config), config.sqlite_synchronous);
}

/** Opens the database of a medium, which the engine owns from then on. */
export async function openSqliteOn(
  starting: SqliteInstance | Promise<SqliteInstance>,
  medium: Medium,
  synchronous: boolean,
): Promise<SqliteEngine> {
  let database: SqliteDatabase | null = null;
  try {
    // Before a file that may be something else is locked or written.
    readHeader(medium);
    await medium.guard.prepare();
    const instance = await starting;
    await medium.guard.enter('refresh');
    try {
      // Meanwhile, it may have failed in another database.
      const usable = instance.fault === null ? instance : await startSqlite();
      database = openDatabase(usable, medium, synchronous);
      const sqlite = new SqliteEngine(new SqliteAccess(medium, database, synchronous));
      // Persist what a journal was rolled back to, or the initial content of a new database.
      await medium.flush();
      return sqlite;
    } finally {
      await medium.guard.leave();
    }
  } catch (error) {
    database?.close();
    // Why it could not be opened tells more than why the clean-up failed.
    await medium.abandon().catch(() => {});
    throw error;
  }
}

export class SqliteEngine implements CoreEngine {
  readonly dialect = 'sqlite';
  readonly readOnly = false;
  readonly version: string;
  readonly #access: SqliteAccess;

  constructor(access: SqliteAccess) {
    this.#access = access;
    this.version = String(this.#database.value('SELECT sqlite_version()'));
  }

  get path(): string {
    return this.#medium.path;
  }

  get nativeLocks(): NativeLocking {
    return this.#medium.guard.nativeLocks;
  }

  get lockFile(): LockFile | null {
    return this.#medium.lockFile;
  }

  /** Bytes of the main database file. */
  get size(): Promise<number> {
    return this.#access.inTurn(async () => {
      await this.#access.mend();
      return this.#database.size;
    });
  }

  checkFile(): void {
    this.#medium.guard.checkFile();
  }

  all(sql: string, parameters: SqlParameters = []): Promise<RowSet> {
    const rows = (): RowSet => this.#database.all(sql, parameters);
    // A statement that returns rows may write them too.
    return writesRows(sql) ? this.#access.writing(() => this.#statement(rows)) : this.#access.reading(rows);
  }

  run(sql: string, parameters: SqlParameters = []): Promise<number> {
    return this.#access.writing(() => this.#statement(() => this.#database.run(sql, parameters)));
  }

  read<T>(work: Work<T>): Promise<T> {
    return this.#access.reading(() => readTransaction(this.#database, work));
  }

  transaction<T>(work: Work<T>): Promise<T> {
    return this.#access.writing(() => this.#transact(work));
  }

  async group<T>(works: readonly Work<T>[]): Promise<PromiseSettledResult<T>[]> {
    const [only] = works;
    if (only === undefined) return [];
    if (works.length === 1) return Promise.allSettled([this.transaction(only)]);
    const [result] = await Promise.allSettled([this.#access.writing(() => this.#transactGroup(works))]);
    return result.status === 'fulfilled' ? result.value : works.map(() => result);
  }

  /** The whole database as one file, in its state between two transactions. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#access.reading(() => this.#database.bytes());
  }

  refresh(): Promise<void> {
    return this.#access.refresh();
  }

  close(): Promise<void> {
    return this.#access.end(async () => {
      try {
        await this.#access.mend();
        bringToRest(this.#database);
      } catch (error) {
        // What was acknowledged is stored: the next opening recovers it.
        if (!this.#access.isBroken) throw error;
      } finally {
        this.#database.close();
        await this.#medium.close();
      }
    });
  }

  drop(): boolean {
    return this.#access.drop();
  }

  /** Keeps a file that other programs have written to since: it is theirs too. */
  discard(): Promise<void> {
    if (this.#medium.name !== 'filesystem') return this.close();
    return this.#access.end(async () => {
      const isOurs = await this.#isAsWeLeftIt();
      this.#database.close();
      await (isOurs ? this.#medium.abandon() : this.#medium.close());
    });
  }

  get #medium(): Medium {
    return this.#access.medium;
  }

  get #database(): SqliteDatabase {
    return this.#access.database;
  }

  async #isAsWeLeftIt(): Promise<boolean> {
    const { guard } = this.#medium;
    try {
      await guard.enter('write');
      const stamp = guard.stamp();
      await guard.leave();
      // Another program may have got in between the guard's two locks.
      return guard.stamp() === stamp;
    } catch {
      return false;
    }
  }

  async #statement<T>(run: () => T): Promise<T> {
    const result = this.#committing(run);
    await this.#flush();
    return result;
  }

  async #transact<T>(work: Work<T>): Promise<T> {
    this.#database.run('BEGIN IMMEDIATE');
    let value: T;
    try {
      value = await this.#attempt(work);
      this.#committing(() => this.#database.run('COMMIT'));
    } catch (error) {
      this.#rollback();
      throw error;
    }
    await this.#flush();
    return value;
  }

  async #transactGroup<T>(works: readonly Work<T>[]): Promise<PromiseSettledResult<T>[]> {
    const results: PromiseSettledResult<T>[] = [];
    try {
      this.#database.run('BEGIN IMMEDIATE');
      for (const work of works) results.push(await this.#attemptInGroup(work));
      this.#committing(() => this.#database.run('COMMIT'));
      await this.#flush();
      return results;
    } catch (reason) {
      this.#rollback();
      // Work that failed by itself keeps its own reason.
      return works.map((_, index) => {
        const result = results[index];
        return result?.status === 'rejected' ? result : { status: 'rejected', reason };
      });
    }
  }

  /** Throws what ends the whole group; what ends this work alone is in the result. */
  async #attemptInGroup<T>(work: Work<T>): Promise<PromiseSettledResult<T>> {
    this.#database.run('SAVEPOINT work');
    const [result] = await Promise.allSettled([this.#attempt(work)]);
    if (result.status === 'rejected') {
      if (result.reason instanceof StorageFailure) throw result.reason;
      this.#inTransaction('ROLLBACK TO work', result.reason);
    }
    this.#inTransaction('RELEASE work', result.status === 'rejected' ? result.reason : undefined);
    return result;
  }

  /** There is no sqlite3_get_autocommit: a missing savepoint shows that SQLite has rolled the transaction back. */
  #inTransaction(sql: string, cause: unknown): void {
    try {
      this.#database.run(sql);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      throw cause ?? error;
    }
  }

  async #attempt<T>(work: Work<T>): Promise<T> {
    const connection = new SqliteTransaction(this.#database);
    try {
      const value = await work(connection);
      connection.refuseFailed();
      return value;
    } finally {
      connection.end();
    }
  }

  /** Runs the commit, and tells a failure from an unknown outcome. */
  #committing<T>(commit: () => T): T {
    const { path, mount, instance } = this.#database;
    const earlier = instance.fault;
    let result: T;
    try {
      result = commit();
    } catch (cause) {
      // A medium that can return to its last flush will do so.
      if (instance.fault !== earlier && this.#medium.revert === undefined) {
        throw inDoubt(`${path}: the SQLite engine failed while it committed the change`, instance.fault);
      }
      if (mount.inDoubt)
        throw inDoubt(`${path}: the change was written, but the disk failed before it was durable`, cause);
      throw cause;
    }
    if (!mount.medium.guard.mayBeOverwritten()) return result;
    throw new OutcomeUnknown(
      `${path}: another program accessed the file during the commit, and may have rolled it back. ` +
        'Call refresh(), and check before writing it again.',
    );
  }

  async #flush(): Promise<void> {
    try {
      await this.#medium.flush();
    } catch (error) {
      this.#access.markStale();
      throw error;
    }
  }

  #rollback(): void {
    try {
      this.#database.run('ROLLBACK');
    } catch {
      // SQLite has done it already, or rolls back from the journal at the next access.
    }
  }
}

function inDoubt(what: string, cause: unknown): OutcomeUnknown {
  const message = `${what}. It may or may not be there after a restart. Check before writing it again.`;
  return new OutcomeUnknown(message, { cause });
}
