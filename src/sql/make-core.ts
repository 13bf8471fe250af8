/** Assembles the persistence core: Cinder's commands, on the database of the configuration. */
import { sqlNow } from '../cinder/clock.ts';
import { InvalidUrl } from '../errors/index.ts';
import type { Media } from '../media/media.ts';
import type { CoreConfig, ServerConfig } from '../rpc/contract.ts';
import { nextTurn } from '../runtime.ts';
import { Core } from './core.ts';
import type { CoreEngine } from './engine.ts';
import { openSqlite } from './engines/sqlite/sqlite.ts';
import { openReader } from './engines/sqlite/sqlite-reader.ts';

/** Opens a database on a server. Needs sockets, so no bundle for browsers includes it. */
export type OpenServer = (config: ServerConfig, readOnly: boolean) => Promise<CoreEngine>;

export function makeCore(media: Media, openServer: OpenServer | null = null): Core {
  return new Core({
    openEngine: (config) => openEngine(config, media, openServer),
    nextTurn,
    now: sqlNow,
    newId: () => crypto.randomUUID(),
  });
}

async function openEngine(config: CoreConfig, media: Media, openServer: OpenServer | null): Promise<CoreEngine> {
  const { server, read_only } = config;
  if (server === null) return read_only ? openReader(media, config) : openSqlite(media, config);
  if (openServer !== null) return openServer(server, read_only);
  throw new InvalidUrl(`${server.name} cannot be opened here: browsers cannot connect to database servers.`);
}
