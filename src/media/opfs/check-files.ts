/**
 * Checks the files of a database in OPFS before SQLite opens them: it would remove what is not its own, and go on without what is
 * gone. A browser that loses the names of files does not say so.
 */
import { DatabaseCorrupt } from '../../errors/index.ts';
import { headerSize, isSqlite, usesLog } from '../../sqlite-header.ts';
import { browserFailure } from '../browser-failure.ts';
import type { FileKind } from '../medium.ts';
import { nameTaken } from '../name-taken.ts';

/**
 * @param files null for those that do not exist
 * @throws {DatabaseUnavailable} when another database has the name of a companion
 * @throws {DatabaseCorrupt} when the database or its log is gone
 */
export async function checkFiles(path: string, files: ReadonlyMap<FileKind, File | null>): Promise<void> {
  for (const [kind, file] of files) {
    if (kind !== '' && hasContent(file) && isSqlite(await startOf(path + kind, file))) throw nameTaken(path, kind);
  }
  const main = files.get('');
  const log = files.get('-wal');
  const start = hasContent(main) ? await startOf(path, main) : new Uint8Array();
  if (hasContent(log) && start.every((byte) => byte === 0)) {
    // SQLite writes the beginning of a new database before it uses the log.
    throw new DatabaseCorrupt(
      `${path} is missing or holds nothing, but its write-ahead log ${path}-wal is there, which holds only the last changes. ` +
        'Restore a backup under another name; or remove that file, to begin with an empty database.',
    );
  }
  if (log == null && usesLog(start)) {
    // The log's file is there before the database says that it has one, and for as long as it says so.
    throw new DatabaseCorrupt(
      `${path} is damaged: its write-ahead log ${path}-wal is missing, and with it the last changes. Restore a backup; or ` +
        'create an empty file of that name, to go on without these changes.',
    );
  }
}

function hasContent(file: File | null | undefined): file is File {
  return (file?.size ?? 0) > 0;
}

async function startOf(path: string, file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(0, headerSize).arrayBuffer());
  } catch (error) {
    throw browserFailure('read', path, error);
  }
}
