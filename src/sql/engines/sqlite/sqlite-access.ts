/**
 * Access to one open database: one task at a time, other programs locked out where needed, and a connection that
 * is replaced once it can no longer be relied on.
 */
import { ContextClosed, DatabaseTakenOver } from '../../../errors/index.ts';
import type { Purpose } from '../../../media/guard.ts';
import type { Medium } from '../../../media/medium.ts';
import { Turns } from '../../../turns.ts';
import { startSqlite } from '../../../vfs/start-sqlite.ts';
import { consistentRead } from './consistent-read.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { openDatabase } from './sqlite-open.ts';

export class SqliteAccess {
  readonly medium: Medium;
  readonly #synchronous: boolean;
  readonly #turns = new Turns();
  #database: SqliteDatabase;
  #ending: Promise<void> | null = null;
  #isDropped = false;
  #isStale = false;
  /** Whether the page cache may hold what was never committed, because others wrote while it was filled. */
  #mayBeTorn = false;

  constructor(medium: Medium, database: SqliteDatabase, synchronous: boolean) {
    this.medium = medium;
    this.#database = database;
    this.#synchronous = synchronous;
  }

  /** The connection as it is now: another one after it had to be replaced. */
  get database(): SqliteDatabase {
    return this.#database;
  }

  /** Whether the connection can no longer be used: its instance of SQLite has failed, or its page cache is wrong. */
  get isBroken(): boolean {
    return this.#isStale || this.#database.instance.fault !== null;
  }

  /** The medium has gone back to an earlier state, and SQLite's page cache has not. */
  markStale(): void {
    this.#isStale = true;
  }

  inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    if (this.#ending !== null) return Promise.reject(new ContextClosed(`${this.#database.path} was closed.`));
    return this.#turns.run(task);
  }

  /** Runs a task in its turn, with everyone else locked out. */
  writing<T>(task: () => Promise<T>): Promise<T> {
    return this.inTurn(() => this.#alone('write', task));
  }

  /** Reads one consistent state, whoever writes meanwhile. */
  reading<T>(read: () => T | Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      await this.mend();
      const { guard } = this.medium;
      guard.checkFile();
      const readCommitted = (): T | Promise<T> => {
        if (this.#mayBeTorn) this.#reconnect();
        return read();
      };
      // The hot journal is our own then, left by a failure: rolling it back writes, so others are locked out.
      const recover = async (): Promise<void> => void (await this.#alone('recover', async () => this.#rollBack()));
      if (await guard.keepsOthersOut()) {
        if (guard.hasHotJournal()) await recover();
        // SQLite goes by the change counter alone, which another copy may have as well.
        if (guard.wasOverwritten()) this.#mayBeTorn = true;
        return readCommitted();
      }
      const forget = (): void => {
        this.#mayBeTorn = true;
      };
      return consistentRead(this.medium, { read: readCommitted, forget, recover });
    });
  }

  /** Accepts the file as it is now as the base of the next change, and discards what was cached of it. */
  refresh(): Promise<void> {
    return this.inTurn(() => this.#alone('refresh', async () => this.#reconnect()));
  }

  /** Replaces a broken connection before anything is read; a writer has this done as soon as others are locked out. */
  async mend(): Promise<void> {
    if (this.isBroken) await this.#alone('recover', async () => {});
  }

  /** Runs the last task: once it is announced, no other is accepted. */
  end(task: () => Promise<void>): Promise<void> {
    this.#ending ??= this.#turns.run(task);
    return this.#ending;
  }

  /** Drops the files as a crash would, which the next opener recovers from; false where the medium cannot. */
  drop(): boolean {
    if (this.medium.drop === undefined) return false;
    this.#isDropped = true;
    this.medium.drop();
    // It has nothing left to write to: what is under way fails.
    this.#ending = this.#turns.run(async () => this.#database.close());
    return true;
  }

  async #alone<T>(purpose: Purpose, task: () => Promise<T>): Promise<T> {
    const { guard } = this.medium;
    await guard.enter(purpose);
    try {
      if (this.isBroken) await this.#startOver();
      return await task();
    } finally {
      // Awaited: whoever learns of the change may read it with a native program at once.
      await guard.leave();
    }
  }

  /** SQLite rolls back the journal left by a failure when it next reads. */
  #rollBack(): void {
    this.#database.value('SELECT count(*) FROM sqlite_schema');
  }

  #reconnect(): void {
    // A second connection would spoil a log; but then the files are ours alone, so the page cache is right.
    if (this.medium.journal === 'wal') return;
    const fresh = openDatabase(this.#database.instance, this.medium, this.#synchronous);
    this.#database.close();
    this.#database = fresh;
    this.#mayBeTorn = false;
  }

  /** Goes on with a new connection, of a new instance if need be, which finds the files as after a crash. */
  async #startOver(): Promise<void> {
    const instance = await startSqlite();
    if (this.#isDropped) throw new DatabaseTakenOver(this.medium.path);
    this.#database.close();
    this.medium.revert?.();
    this.#database = openDatabase(instance, this.medium, this.#synchronous);
    this.#isStale = false;
    this.#mayBeTorn = false;
  }
}
