/** A core on a new database in memory, and the engine beneath it. */
import type { CoreConfig } from '../../../src/rpc/contract.ts';
import { Core } from '../../../src/sql/core.ts';
import { PlainEngine } from './plain-engine.ts';
import { CREATED } from './writer.ts';

export const config: CoreConfig = {
  medium: 'memory',
  database: '',
  soft_deletes: false,
  sqlite_synchronous: true,
  from: null,
  read_only: false,
  busy_timeout: 0,
  server: null,
};

export async function openCore() {
  const engine = await PlainEngine.open();
  const core = new Core({
    openEngine: async () => engine,
    nextTurn: async () => {},
    now: () => CREATED,
    newId: () => crypto.randomUUID(),
  });
  return { core, engine, opened: await core.call({ kind: 'open', config }) };
}
