/** Puts the persistence core together: Cinder's commands, on SQLite, on the medium of the configuration. */
import { sqlNow } from '../cinder/clock.ts';
import { nextTurn } from '../runtime.ts';
import { Core } from './core.ts';
import { openSqlite } from './engines/sqlite.ts';
import { openReader } from './engines/sqlite-reader.ts';

export function makeCore(): Core {
  return new Core({
    openEngine: (config) => (config.read_only ? openReader(config) : openSqlite(config)),
    nextTurn,
    now: sqlNow,
    newId: () => crypto.randomUUID(),
  });
}
