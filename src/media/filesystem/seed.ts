/** Puts the initial content of a database on disk: whole or not at all. */
import { DatabaseExists } from '../../errors/index.ts';
import { givenContent } from '../given-content.ts';
import { lastingFiles } from '../medium.ts';
import { temporarySuffix } from '../temporary-suffix.ts';
import { type FileSystem, syncFolder } from './disk-file.ts';
import { openFailure } from './failure.ts';
import type { Place } from './locate.ts';

/** Writes beside the database and renames, so that a crash leaves no partial content. The lock must be held. */
export function seed(fs: FileSystem, { path, folder }: Place, content: Uint8Array): void {
  for (const kind of lastingFiles) {
    const size = fs.statSync(path + kind, { throwIfNoEntry: false })?.size ?? 0;
    // SQLite would replay a leftover companion of a former database into the new one.
    if (size > 0) {
      throw new DatabaseExists(
        `${path + kind} already exists and holds ${size} bytes: "from" only creates new databases. ` +
          'Omit "from" to open it, or name another file.',
      );
    }
  }
  givenContent(content, path);
  const temporary = path + temporarySuffix();
  try {
    const like = fs.statSync(path, { throwIfNoEntry: false });
    const descriptor = fs.openSync(temporary, 'wx', like === undefined ? 0o644 : 0o600);
    try {
      // An empty file created beforehand sets the permissions of the content.
      if (like !== undefined) fs.fchmodSync(descriptor, like.mode & 0o777);
      for (let done = 0; done < content.length; ) done += fs.writeSync(descriptor, content, done);
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(temporary, path);
    syncFolder(fs, folder);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw openFailure('create', path, error);
  }
}
