/** The media of Node, Deno and Bun: a file, or memory. */
import { DatabaseUnavailable, InvalidPersistence } from '../errors/index.ts';
import { builtin } from '../runtime.ts';
import { isSqlite, signature } from '../sqlite-header.ts';
import { look } from './filesystem/companion.ts';
import type { FileSystem } from './filesystem/disk-file.ts';
import { FileGuard } from './filesystem/file-guard.ts';
import { FilesystemMedium } from './filesystem/filesystem.ts';
import { locate, type Place, refuseMountedAlone } from './filesystem/locate.ts';
import { ReadOnlyMedium } from './filesystem/read-only.ts';
import { seed } from './filesystem/seed.ts';
import { givenContent } from './given-content.ts';
import { takeLock } from './locks/lock-file.ts';
import { startKeeper } from './locks/start-keeper.ts';
import type { Media, MediumConfig } from './media.ts';
import type { Medium } from './medium.ts';
import { MemoryMedium } from './memory.ts';
import { nameTaken } from './name-taken.ts';

export const hostMedia: Media = {
  async open(config) {
    switch (config.medium) {
      case 'memory':
        return new MemoryMedium(givenContent(config.from));
      case 'filesystem':
        return openFilesystem(config);
      default:
        throw unavailable(config);
    }
  },
  async openReadOnly(config) {
    const { medium, database, busy_timeout } = config;
    if (medium !== 'filesystem') throw unavailable(config);
    const { fs, place } = find(database);
    return new ReadOnlyMedium(fs, place.path, busy_timeout);
  },
};

async function openFilesystem({ database, from, busy_timeout }: MediumConfig): Promise<Medium> {
  const { fs, place } = find(database);
  const { path, folder } = place;
  refuseMountedAlone(fs, place);
  const lock = await takeLock(path);
  try {
    for (const kind of ['-journal', '-wal'] as const) {
      const found = look(fs, path + kind, signature.length);
      if (found !== null && isSqlite(found.bytes)) throw nameTaken(path, kind);
    }
    if (from !== null) seed(fs, place, from);
    return new FilesystemMedium(fs, path, folder, lock, from !== null, (file) => {
      return new FileGuard(fs, path, file, busy_timeout, startKeeper);
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

function find(database: string): { readonly fs: FileSystem; readonly place: Place } {
  const fs = builtin('node:fs');
  const paths = builtin('node:path');
  if (fs !== undefined && paths !== undefined) return { fs, place: locate(fs, paths, database) };
  throw new DatabaseUnavailable(
    `Cannot open ${database}: this runtime has no file system. Choose the storage memory_db.`,
    database,
  );
}

function unavailable({ medium }: MediumConfig): InvalidPersistence {
  return new InvalidPersistence(
    `There is no medium ${JSON.stringify(medium)} here. Choose filesystem, or the storage memory_db.`,
  );
}
