/** Puts the persistence core together: Cinder's commands, on the database of the configuration. */
import { sqlNow } from '../cinder/clock.ts';
import type { CoreConfig } from '../rpc/contract.ts';
import { nextTurn } from '../runtime.ts';
import { Core, type CoreEngine } from './core.ts';
import { openMysql } from './engines/mysql.ts';
import { openPostgres } from './engines/postgres.ts';
import { openSqlite } from './engines/sqlite.ts';
import { openReader } from './engines/sqlite-reader.ts';

export function makeCore(): Core {
  return new Core({
    openEngine,
    nextTurn,
    now: sqlNow,
    newId: () => crypto.randomUUID(),
  });
}

function openEngine(config: CoreConfig): Promise<CoreEngine> {
  const { server, read_only } = config;
  if (server?.dialect === 'mysql') return openMysql(server, read_only);
  if (server?.dialect === 'postgresql') return openPostgres(server, read_only);
  return read_only ? openReader(config) : openSqlite(config);
}
