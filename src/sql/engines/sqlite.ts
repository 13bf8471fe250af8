/**
 * SQLite as a SQL engine: one database, on any medium, one transaction at a time.
 *
 * SQLite itself is synchronous; what is asynchronous is the work between its statements and the medium's
 * flush. So each call waits for its turn, and a transaction keeps its turn until it has ended. Work must
 * use the connection it is given: a call to the engine itself would deadlock.
 */
import { ContextClosed, DatabaseError, DatabaseTakenOver, OutcomeUnknown, StorageFailure } from '../../errors/index.ts';
import type { NativeLocking } from '../../media/guard.ts';
import type { Media, MediumConfig } from '../../media/media.ts';
import type { Medium } from '../../media/medium.ts';
import type { LockFile, RowSet } from '../../rpc/contract.ts';
import type { Engine } from '../../vfs/engine.ts';
import { startEngine } from '../../vfs/start-engine.ts';
import type { SqlEngine, SqlParameters, Work } from '../engine.ts';
import { consistentRead } from './consistent-read.ts';
import { Mutex } from './mutex.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { bringToRest, openDatabase, readHeader } from './sqlite-open.ts';
import { writesRows } from './sqlite-statement.ts';
import { readTransaction, SqliteTransaction } from './sqlite-transaction.ts';

export interface SqliteConfig extends MediumConfig {
  /** False trades durability for speed: a power cut may lose or damage the database. */
  readonly sqlite_synchronous: boolean;
}

/**
 * Opens a SQLite database, creating it when there is none.
 *
 * @throws {NotADatabase | DatabaseCorrupt | DatabaseLocked | DatabaseUnavailable | DatabaseExists | StorageFailure}
 * having released everything and left behind no file that did not exist before
 */
export async function openSqlite(media: Media, config: SqliteConfig): Promise<SqliteEngine> {
  const engine = await startEngine();
  return openSqliteOn(engine, await media.open(config), config.sqlite_synchronous);
}

/** Opens the database of a medium; from then on the engine owns the medium. */
export async function openSqliteOn(engine: Engine, medium: Medium, synchronous: boolean): Promise<SqliteEngine> {
  let database: SqliteDatabase | null = null;
  try {
    // Before a file that may be something else is locked or written.
    readHeader(medium);
    await medium.guard.enter('refresh');
    try {
      // Meanwhile, it may have failed in another database.
      const usable = engine.fault === null ? engine : await startEngine();
      database = openDatabase(usable, medium, synchronous);
      const sqlite = new SqliteEngine(medium, database, synchronous);
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

export class SqliteEngine implements SqlEngine {
  readonly dialect = 'sqlite';
  readonly readOnly = false;
  readonly version: string;
  readonly #medium: Medium;
  readonly #synchronous: boolean;
  readonly #turns = new Mutex();
  #database: SqliteDatabase;
  #closing: Promise<void> | null = null;
  #isDropped = false;
  /** Whether SQLite's page cache may differ from what is stored. */
  #isStale = false;

  constructor(medium: Medium, database: SqliteDatabase, synchronous: boolean) {
    this.#medium = medium;
    this.#synchronous = synchronous;
    this.#database = database;
    this.version = String(this.#database.value('SELECT sqlite_version()'));
  }

  get nativeLocks(): NativeLocking {
    return this.#medium.guard.nativeLocks;
  }

  get lockFile(): LockFile | null {
    return this.#medium.lockFile;
  }

  /** Bytes of the main database file. */
  get size(): Promise<number> {
    return this.#inTurn(async () => {
      await this.#mend();
      return this.#database.size;
    });
  }

  checkFile(): void {
    this.#medium.guard.checkFile();
  }

  all(sql: string, parameters: SqlParameters = []): Promise<RowSet> {
    const rows = (): RowSet => this.#database.all(sql, parameters);
    // A statement that returns rows may write them too.
    return writesRows(sql) ? this.#writing(() => this.#statement(rows)) : this.#reading(rows);
  }

  run(sql: string, parameters: SqlParameters = []): Promise<number> {
    return this.#writing(() => this.#statement(() => this.#database.run(sql, parameters)));
  }

  read<T>(work: Work<T>): Promise<T> {
    return this.#reading(() => readTransaction(this.#database, work));
  }

  transaction<T>(work: Work<T>): Promise<T> {
    return this.#writing(() => this.#transact(work));
  }

  async group<T>(works: readonly Work<T>[]): Promise<PromiseSettledResult<T>[]> {
    const [only] = works;
    if (only === undefined) return [];
    if (works.length === 1) return Promise.allSettled([this.transaction(only)]);
    const [result] = await Promise.allSettled([this.#writing(() => this.#transactGroup(works))]);
    return result.status === 'fulfilled' ? result.value : works.map(() => result);
  }

  /** The whole database as one file, in its state between two transactions. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#reading(() => this.#database.bytes());
  }

  /** Accepts the file as it is now as the base of the next change, and discards what was cached of it. */
  refresh(): Promise<void> {
    return this.#guarded('refresh', async () => this.#reconnect());
  }

  close(): Promise<void> {
    this.#closing ??= this.#turns.run(async () => {
      try {
        await this.#mend();
        bringToRest(this.#database);
      } catch (error) {
        // What was acknowledged is stored: the next opening recovers it.
        if (!this.#isBroken) throw error;
      } finally {
        this.#database.close();
        await this.#medium.close();
      }
    });
    return this.#closing;
  }

  /** Drops the files as a crash would, which the next opener recovers from; false where the medium cannot. */
  drop(): boolean {
    if (this.#medium.drop === undefined) return false;
    this.#isDropped = true;
    this.#medium.drop();
    // It has nothing left to write to: what is under way fails.
    this.#closing = this.#turns.run(async () => this.#database.close());
    return true;
  }

  /** Keeps a file that other programs have written to since: it is theirs too. */
  discard(): Promise<void> {
    if (this.#medium.name !== 'filesystem') return this.close();
    this.#closing ??= this.#turns.run(async () => {
      const isOurs = await this.#isAsWeLeftIt();
      this.#database.close();
      await (isOurs ? this.#medium.abandon() : this.#medium.close());
    });
    return this.#closing;
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

  #writing<T>(task: () => Promise<T>): Promise<T> {
    return this.#guarded('write', task);
  }

  /** Runs a task in its turn, with everyone else locked out. */
  #guarded<T>(purpose: 'write' | 'refresh', task: () => Promise<T>): Promise<T> {
    return this.#inTurn(() => this.#alone(purpose, task));
  }

  async #alone<T>(purpose: 'write' | 'recover' | 'refresh', task: () => Promise<T>): Promise<T> {
    const { guard } = this.#medium;
    await guard.enter(purpose);
    try {
      if (this.#isBroken) await this.#startOver();
      return await task();
    } finally {
      // Awaited: whoever learns of the change may read it with a native program at once.
      await guard.leave();
    }
  }

  #reading<T>(read: () => T | Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#mend();
      const { guard } = this.#medium;
      guard.checkFile();
      // The hot journal is our own then, left by a failure: rolling it back writes, so others are locked out.
      const recover = async (): Promise<void> => void (await this.#alone('recover', async () => this.#rollBack()));
      if (await guard.keepsOthersOut()) {
        if (guard.hasHotJournal()) await recover();
        return read();
      }
      return consistentRead(this.#medium, { read, forget: () => this.#reconnect(), recover });
    });
  }

  /** SQLite rolls back the journal left by a failure when it next reads. */
  #rollBack(): void {
    this.#database.value('SELECT count(*) FROM sqlite_schema');
  }

  #reconnect(): void {
    // A second connection would spoil a log; but then the files are ours alone, so the page cache is right.
    if (this.#medium.journal === 'wal') return;
    const fresh = openDatabase(this.#database.engine, this.#medium, this.#synchronous);
    this.#database.close();
    this.#database = fresh;
  }

  /** Whether the connection can no longer be used: its engine has failed, or its page cache is wrong. */
  get #isBroken(): boolean {
    return this.#isStale || this.#database.engine.fault !== null;
  }

  /** Replaces a broken connection before anything is read; a writer has this done as soon as others are locked out. */
  async #mend(): Promise<void> {
    if (this.#isBroken) await this.#alone('recover', async () => {});
  }

  /** Goes on with a new connection, of a new engine if need be, which finds the files as after a crash. */
  async #startOver(): Promise<void> {
    const engine = await startEngine();
    if (this.#isDropped) throw new DatabaseTakenOver(this.#medium.path);
    this.#database.close();
    this.#medium.revert?.();
    this.#database = openDatabase(engine, this.#medium, this.#synchronous);
    this.#isStale = false;
  }

  async #statement<T>(run: () => T): Promise<T> {
    const result = this.#committing(run);
    await this.#flush();
    return result;
  }

  #inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    if (this.#closing !== null) return Promise.reject(new ContextClosed(`${this.#database.path} was closed.`));
    return this.#turns.run(task);
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
    const { path, mount, engine } = this.#database;
    const earlier = engine.fault;
    let result: T;
    try {
      result = commit();
    } catch (cause) {
      // A medium that can return to its last flush will do so.
      if (engine.fault !== earlier && this.#medium.revert === undefined) {
        throw inDoubt(`${path}: the SQLite engine failed while it committed the change`, engine.fault);
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
      // The medium has reverted to its state before; SQLite's page cache is ahead of that.
      this.#isStale = true;
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
