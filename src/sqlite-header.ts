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

/** The offset of the change counter, which changes with each transaction that writes. */
export const changeCounterAt = 24;
