/** Puts the persistence core together: Cinder's commands, on SQLite, on the media of the platform. */
import { sqlNow } from '../cinder/clock.ts';
import type { Media } from '../media/media.ts';
import { nextTurn } from '../runtime.ts';
import { Core } from './core.ts';
import { openSqlite } from './engines/sqlite.ts';
import { openReader } from './engines/sqlite-reader.ts';

export function makeCore(media: Media): Core {
  return new Core({
    openEngine: (config) => (config.read_only ? openReader(media, config) : openSqlite(media, config)),
    nextTurn,
    now: sqlNow,
    newId: () => crypto.randomUUID(),
  });
}
