/**
 * SQLite on a database that is only read: takes no lock, writes nothing, and shows only committed data.
 *
 * Each read sees one consistent state of the database, whoever writes meanwhile. Reading a write-ahead log in
 * place needs memory shared with its other users; so a database with a log is read from a copy, taken while
 * nobody writes. So is one that a crash left with a hot journal, which is rolled back in the copy, and one whose
 * writers leave too little time between two changes to read in it.
 */
import { ContextClosed, ReadOnly } from '../../../errors/index.ts';
import type { NativeLocking } from '../../../media/guard.ts';
import type { Media, MediumConfig } from '../../../media/media.ts';
import { MemoryMedium } from '../../../media/memory.ts';
import type { ReadableMedium } from '../../../media/readable.ts';
import type { RowSet } from '../../../rpc/contract.ts';
import { Turns } from '../../../turns.ts';
import type { SqliteInstance } from '../../../vfs/sqlite-instance.ts';
import { startSqlite } from '../../../vfs/start-sqlite.ts';
import type { CoreEngine, SqlParameters, Work } from '../../engine.ts';
import { consistentRead, writtenEachTime } from './consistent-read.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { openDatabase, openForReading } from './sqlite-open.ts';
import { readTransaction } from './sqlite-transaction.ts';

/**
 * Opens a SQLite database for reading only.
 *
 * @throws {NotADatabase | DatabaseCorrupt | DatabaseLocked | DatabaseUnavailable | StorageFailure}
 */
export async function openReader(media: Media, config: MediumConfig): Promise<SqliteReader> {
  const reader = new SqliteReader(await startSqlite(), await media.openReadOnly(config));
  try {
    await reader.open();
    return reader;
  } catch (error) {
    // Why it could not be opened is what matters.
    await reader.close().catch(() => {});
    throw error;
  }
}

/** The largest file that is copied only because writers disturb a read, in bytes: it takes some 50 ms. */
const largestCopy = 32 * 2 ** 20;

/** The database as last read, and the version of the files it was read from. */
interface Current {
  readonly database: SqliteDatabase;
  readonly version: string;
}

export class SqliteReader implements CoreEngine {
  readonly dialect = 'sqlite';
  readonly readOnly = true;
  readonly lockFile = null;
  #instance: SqliteInstance;
  readonly #medium: ReadableMedium;
  readonly #turns = new Turns();
  #current: Current | null = null;
  #version = '';
  #closing: Promise<void> | null = null;

  constructor(instance: SqliteInstance, medium: ReadableMedium) {
    this.#instance = instance;
    this.#medium = medium;
  }

  get path(): string {
    return this.#medium.path;
  }

  get nativeLocks(): NativeLocking {
    return this.#medium.guard.nativeLocks;
  }

  /** Bytes of the main database file. */
  get size(): number {
    return this.#medium.open('', false).size();
  }

  get version(): string {
    return this.#version;
  }

  checkFile(): void {
    this.#medium.guard.checkFile();
  }

  /** The first access, which refuses a damaged file. */
  async open(): Promise<void> {
    const { rows } = await this.all('SELECT sqlite_version(), count(*) FROM sqlite_schema');
    this.#version = String(rows[0]?.[0]);
  }

  all(sql: string, parameters: SqlParameters = []): Promise<RowSet> {
    return this.#read((database) => database.all(sql, parameters));
  }

  read<T>(work: Work<T>): Promise<T> {
    return this.#read((database) => readTransaction(database, work));
  }

  /** The whole database as one file, in one consistent state. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read((database) => database.bytes());
  }

  /** Discards the page cache, so that the next read goes to the files. */
  async refresh(): Promise<void> {
    await this.#inTurn(() => this.#forget());
  }

  async run(): Promise<never> {
    throw new ReadOnly(this.#medium.path);
  }

  transaction(): Promise<never> {
    return this.run();
  }

  group(): Promise<never> {
    return this.run();
  }

  close(): Promise<void> {
    this.#closing ??= this.#turns.run(async () => {
      this.#forget();
      await this.#medium.close();
    });
    return this.#closing;
  }

  #inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    if (this.#closing !== null) return Promise.reject(new ContextClosed(`${this.#medium.path} was closed.`));
    return this.#turns.run(task);
  }

  #read<T>(read: (database: SqliteDatabase) => T | Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (this.#instance.fault !== null) await this.#restart();
      await this.#medium.look();
      // A journal that differs each time was not left by a crash.
      let adoptions = 10;
      // A short query is done sooner than a copy, a long one later: every other attempt is in a copy.
      let copiesNext = false;
      const outcome = await consistentRead(this.#medium, {
        read: async () => {
          const database = this.#upToDate(copiesNext && this.size <= largestCopy);
          copiesNext = !copiesNext;
          // Whatever is in a copy stays as it is, and needs no check after the read.
          return database.mount.medium === this.#medium ? { value: await read(database) } : { database };
        },
        forget: () => this.#forget(),
        // Nobody is writing: the journal is rolled back in a copy, and the files stay as they are.
        recover: async () => {
          if (adoptions-- === 0) throw writtenEachTime(this.path);
          this.#medium.guard.adoptJournal();
        },
      });
      return 'value' in outcome ? outcome.value : read(outcome.database);
    });
  }

  /** The instance has failed: goes on with a new one. */
  async #restart(): Promise<void> {
    this.#forget();
    this.#instance = await startSqlite();
  }

  #upToDate(isCopied: boolean): SqliteDatabase {
    const { guard } = this.#medium;
    const version = guard.version();
    // SQLite itself compares only the change counter, which an older copy of the file may share.
    if (this.#current?.version !== version) this.#forget();
    this.#current ??= {
      database: isCopied || guard.hasCompanions ? this.#copy() : openForReading(this.#instance, this.#medium),
      version,
    };
    return this.#current.database;
  }

  /** The file and its log or journal, in memory, where SQLite can combine them. */
  #copy(): SqliteDatabase {
    const medium = this.#medium;
    const companions = { '-journal': medium.content('-journal'), '-wal': medium.content('-wal') };
    const copy = new MemoryMedium(medium.content(''), companions, medium.path);
    const database = openDatabase(this.#instance, copy, false);
    // Otherwise it would keep what the file was before the log or journal was carried over to it.
    void copy.flush();
    return database;
  }

  #forget(): void {
    this.#current?.database.close();
    this.#current = null;
  }
}
