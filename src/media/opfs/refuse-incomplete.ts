/**
 * Refuses a database in OPFS of which a file is gone: a browser that loses the names of files does not say so, and SQLite would
 * go on without.
 */
import { DatabaseCorrupt } from '../../errors/index.ts';
import { browserFailure } from '../browser-failure.ts';
import { headerSize, usesLog } from '../sqlite-header.ts';

/**
 * @param main the database itself, and the file of its write-ahead log; null when there is none
 * @throws {DatabaseCorrupt}
 */
export async function refuseIncomplete(path: string, main: File | null, log: File | null): Promise<void> {
  const start = main === null ? new Uint8Array() : await startOf(path, main);
  if (log !== null && log.size > 0 && start.every((byte) => byte === 0)) {
    // SQLite writes the beginning of a new database before it uses the log.
    throw new DatabaseCorrupt(
      `${path} is missing or holds nothing, but its write-ahead log ${path}-wal is there, which holds only the last changes. ` +
        'Restore a backup under another name; or remove that file, to begin with an empty database.',
    );
  }
  if (log === null && usesLog(start)) {
    // The log's file is there before the database says that it has one, and for as long as it says so.
    throw new DatabaseCorrupt(
      `${path} is damaged: its write-ahead log ${path}-wal is missing, and with it the last changes. Restore a backup; or ` +
        'create an empty file of that name, to go on without these changes.',
    );
  }
}

async function startOf(path: string, file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(0, headerSize).arrayBuffer());
  } catch (error) {
    throw browserFailure('read', path, error);
  }
}
