/** Cores on a new database in memory, and the engine beneath each. */
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

/** A core that has yet to open its database. */
export async function newCore() {
  const engine = await PlainEngine.open();
  const core = new Core({
    openEngine: async () => engine,
    nextTurn: async () => {},
    now: () => CREATED,
    newId: () => crypto.randomUUID(),
  });
  return { core, engine };
}

export async function openCore() {
  const { core, engine } = await newCore();
  return { core, engine, opened: await core.call({ kind: 'open', config }) };
}
