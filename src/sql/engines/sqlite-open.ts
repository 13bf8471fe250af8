/** Opens a database on a medium so that it is ready for use, or says what is wrong with it. */
import { DatabaseUnavailable, NotADatabase } from '../../errors/index.ts';
import type { Journal, Medium } from '../../media/medium.ts';
import type { Engine } from '../../vfs/engine.ts';
import { SqliteDatabase } from './sqlite-database.ts';

/** The start of every SQLite file, with the NUL that belongs to it. */
const signature = 'SQLite format 3\0';
/** What a journal starts with, and also ends with when it names a super-journal; see SQLite's file format. */
const journalMagic = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
/** Where the header tells which journal the file is read with: 1 rollback, 2 write-ahead log. */
const readVersionAt = 19;
const writeAheadLog = 2;

/** Opens a database to be written to. Others must be kept off meanwhile, by the medium's guard. */
export function openDatabase(engine: Engine, medium: Medium, synchronous: boolean): SqliteDatabase {
  const database = SqliteDatabase.open(engine, medium);
  try {
    const header = readHeader(medium);
    refuseSuperJournal(medium);
    if (medium.journal === 'wal') database.value('PRAGMA locking_mode=EXCLUSIVE');
    else if (header === 'write-ahead log' || medium.exists('-wal')) leaveWriteAheadLog(database);
    // The first access: plays back the journal of a crash, and refuses what is damaged.
    database.value('SELECT count(*) FROM sqlite_schema');
    configure(database, synchronous);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens a database that is only read, and has no write-ahead log. Nothing of it is read yet. */
export function openForReading(engine: Engine, medium: Medium): SqliteDatabase {
  readHeader(medium);
  const database = SqliteDatabase.open(engine, medium);
  try {
    database.value('PRAGMA temp_store=MEMORY');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Looks at the file before SQLite does, which would play a journal into whatever lies there.
 *
 * @throws {NotADatabase}
 */
export function readHeader(medium: Medium): 'empty' | 'rollback journal' | 'write-ahead log' {
  const bytes = new Uint8Array(signature.length + 4);
  const file = medium.open('', true);
  const count = file.read(bytes, 0);
  file.close();
  const start = bytes.subarray(0, Math.min(count, signature.length));
  // A first commit that a power cut interrupted leaves zeros, and the journal that takes them away.
  if (start.every((byte) => byte === 0)) return 'empty';
  if (String.fromCharCode(...start) !== signature) throw new NotADatabase(medium.path);
  return bytes[readVersionAt] === writeAheadLog ? 'write-ahead log' : 'rollback journal';
}

/**
 * Refuses a journal of a transaction over several databases. Whether that was committed is told by the
 * existence of a file that it names, and SQLite would look for that one where our files are not.
 */
function refuseSuperJournal(medium: Medium): void {
  if (!medium.exists('-journal')) return;
  const journal = medium.open('-journal', false);
  try {
    const end = new Uint8Array(journalMagic.length);
    const count = journal.read(end, Math.max(0, journal.size() - end.length));
    if (count < end.length || end.some((byte, index) => byte !== journalMagic[index])) return;
    const { path } = medium;
    throw new DatabaseUnavailable(
      `Cannot open ${path}: ${path}-journal is left of a transaction over several databases that was interrupted. ` +
        'Open it once with the program that wrote it, or with sqlite3, which completes it.',
      path,
    );
  } finally {
    journal.close();
  }
}

/** Brings the database to rest before it is closed: one file, in rollback mode. */
export function bringToRest(database: SqliteDatabase): void {
  if (database.mount.medium.journal === 'wal') setJournal(database, 'delete');
}

/**
 * Brings what a native program left in its write-ahead log into the file, and the file back to a
 * rollback journal. Without shared memory SQLite reads such a log only when it has the file alone.
 */
function leaveWriteAheadLog(database: SqliteDatabase): void {
  database.value('PRAGMA locking_mode=EXCLUSIVE');
  database.value('PRAGMA synchronous=FULL');
  database.value('SELECT count(*) FROM sqlite_schema');
  setJournal(database, 'delete');
  // Only programs that share a log use it; it would describe one that is gone. The file is still locked.
  database.mount.medium.remove('-shm', false);
  database.value('PRAGMA locking_mode=NORMAL');
}

/**
 * A journal that is cut to nothing at each commit saves making and removing a file, and each of its
 * syncs is one of a file instead of a folder. Outside a transaction the database is whole in itself.
 */
function configure(database: SqliteDatabase, synchronous: boolean): void {
  const { journal } = database.mount.medium;
  setJournal(database, journal);
  database.value(`PRAGMA synchronous=${synchronous && journal !== 'memory' ? 'FULL' : 'OFF'}`);
  // SQLite's own temporary files would go to Emscripten's file system, which is memory too.
  database.value('PRAGMA temp_store=MEMORY');
  // As the original: Cinder's rows outlive those that they refer to.
  database.value('PRAGMA foreign_keys=OFF');
}

/** The pragma answers with the mode that it could reach, and does not fail when that is another one. */
function setJournal(database: SqliteDatabase, mode: 'delete' | Journal): void {
  const reached = database.value(`PRAGMA journal_mode=${mode}`);
  if (reached === mode) return;
  const { path } = database;
  throw new DatabaseUnavailable(`Cannot use ${path}: its journal mode stays ${reached}, ${mode} is needed.`, path);
}
