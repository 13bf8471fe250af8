/** The header of a SQLite database file, as far as it is used; see SQLite's file format. */

/** The start of every SQLite file, including its NUL. */
export const signature = 'SQLite format 3\0';

/** Whether a file that begins like this is a SQLite database. An empty file counts, since it can become one. */
export function isSqlite(start: Uint8Array): boolean {
  return start.length === 0 || String.fromCharCode(...start.subarray(0, signature.length)) === signature;
}

/** The offsets of the versions that a program must know to write and to read the file, and their values. */
export const writeVersionAt = 18;
export const readVersionAt = 19;
export const rollbackJournal = 1;
export const writeAheadLog = 2;

/** How many bytes at the start of the file say whether it uses a log. */
export const headerSize = readVersionAt + 1;

/** Whether a file that begins like this is a database that says that it has a write-ahead log, which may be empty. */
export function usesLog(start: Uint8Array): boolean {
  return isSqlite(start) && start[readVersionAt] === writeAheadLog;
}

export function fileUsesLog(file: { read(target: Uint8Array, offset: number): unknown }): boolean {
  const start = new Uint8Array(headerSize);
  file.read(start, 0);
  return usesLog(start);
}

/** The offset of the change counter, which changes with each transaction that writes. */
export const changeCounterAt = 24;
