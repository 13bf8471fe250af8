/** Opens a database on a medium ready for use, or says what is wrong with it. */
import { DatabaseUnavailable, NotADatabase } from '../../../errors/index.ts';
import type { Journal, Medium } from '../../../media/medium.ts';
import { isSqlite, readVersionAt, signature, writeAheadLog } from '../../../sqlite-header.ts';
import type { SqliteInstance } from '../../../vfs/sqlite-instance.ts';
import { SqliteDatabase } from './sqlite-database.ts';

/** What a journal starts with, and also ends with if it names a super-journal; see SQLite's file format. */
const journalMagic = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/** Opens a database for writing. The medium's guard must lock others out meanwhile. */
export function openDatabase(instance: SqliteInstance, medium: Medium, synchronous: boolean): SqliteDatabase {
  const database = SqliteDatabase.open(instance, medium);
  try {
    const header = readHeader(medium);
    refuseSuperJournal(medium);
    if (medium.journal === 'wal') database.value('PRAGMA locking_mode=EXCLUSIVE');
    else if (header === 'write-ahead log' || medium.exists('-wal') || mayReturnToLog(medium))
      leaveWriteAheadLog(database);
    // The first access: rolls back the journal of a crash, and refuses a damaged file.
    database.value('SELECT count(*) FROM sqlite_schema');
    configure(database, synchronous);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens a database without a write-ahead log, for reading only. Nothing is read yet. */
export function openForReading(instance: SqliteInstance, medium: Medium): SqliteDatabase {
  readHeader(medium);
  const database = SqliteDatabase.open(instance, medium);
  try {
    database.value('PRAGMA temp_store=MEMORY');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Checks the file before SQLite opens it, which would roll a journal back into whatever file is there.
 *
 * @throws {NotADatabase}
 */
export function readHeader(medium: Medium): 'empty' | 'rollback journal' | 'write-ahead log' {
  const bytes = new Uint8Array(signature.length + 4);
  const file = medium.open('', true);
  const count = file.read(bytes, 0);
  file.close();
  const start = bytes.subarray(0, Math.min(count, signature.length));
  // A power cut during the first commit leaves zeros, and the journal that removes them.
  if (start.every((byte) => byte === 0)) return 'empty';
  if (!isSqlite(start)) throw new NotADatabase(medium.path);
  return bytes[readVersionAt] === writeAheadLog ? 'write-ahead log' : 'rollback journal';
}

/**
 * Refuses a journal of a transaction over several databases. Whether that was committed depends on whether the
 * super-journal that it names exists, and SQLite would look for it where our files are not.
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
      `Cannot open ${path}: ${path}-journal is left from an interrupted transaction over several databases. ` +
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

/** Whether a copy may be of a database that was killed while it left its log: the journal makes it one with a log again. */
function mayReturnToLog(medium: Medium): boolean {
  return medium.journal === 'memory' && medium.exists('-journal');
}

/**
 * Checkpoints what a native program left in its write-ahead log, and switches the file back to a rollback
 * journal. Without shared memory SQLite reads such a log only if it has the file to itself.
 */
function leaveWriteAheadLog(database: SqliteDatabase): void {
  database.value('PRAGMA locking_mode=EXCLUSIVE');
  database.value('PRAGMA synchronous=FULL');
  database.value('SELECT count(*) FROM sqlite_schema');
  setJournal(database, 'delete');
  // Only programs that share a log use it, and that log is gone now. The file is still locked.
  database.mount.medium.remove('-shm', false);
  database.value('PRAGMA locking_mode=NORMAL');
}

/**
 * Truncating the journal at each commit saves creating and removing a file, and syncs a file instead of
 * a folder. Outside a transaction the database file is complete by itself.
 */
function configure(database: SqliteDatabase, synchronous: boolean): void {
  const { journal } = database.mount.medium;
  setJournal(database, journal);
  database.value(`PRAGMA synchronous=${synchronous && journal !== 'memory' ? 'FULL' : 'OFF'}`);
  // There are no temporary files: src/vfs/ has only those of databases.
  database.value('PRAGMA temp_store=MEMORY');
  // As in the original: Cinder's rows outlive the rows that they refer to.
  database.value('PRAGMA foreign_keys=OFF');
}

/** The pragma does not fail when it cannot set the mode: it returns the one in force. */
function setJournal(database: SqliteDatabase, mode: 'delete' | Journal): void {
  const reached = database.value(`PRAGMA journal_mode=${mode}`);
  if (reached === mode) return;
  const { path } = database;
  throw new DatabaseUnavailable(`Cannot use ${path}: its journal mode stays ${reached}, ${mode} is needed.`, path);
}
