/** Opens the source and target of a migration. */
import type { Cinderlib } from '../cinderlib.ts';
import { DatabaseExists, DatabaseUnavailable, SchemaError } from '../errors/index.ts';
import type { Context } from '../objects/context.ts';
import type { PersistenceConfig } from '../persistence/config.ts';
import { DatabasePersistence } from '../persistence/database.ts';
import { PersistenceDriver } from '../persistence/driver.ts';
import { type SetupOptions, setup } from '../setup.ts';
import { sqlitePath } from '../urls/database-url.ts';
import { DatabaseSource } from './database-source.ts';
import { DatabaseTarget } from './database-target.ts';
import { DriverSource } from './driver-source.ts';
import { DriverTarget } from './driver-target.ts';
import type { Source } from './source.ts';
import type { Target } from './target.ts';

// What is asked before anything is opened: `migrate()` loads both at once.
export { refuseSame } from './same-storage.ts';

/** An open source or target, and how to close it. */
export interface OpenStorage<E> {
  readonly end: E;
  close(): Promise<void>;
}

/** Where the core of a database is to run, as in `setup`. */
type Worker = SetupOptions['worker'];

/** Opens a storage as a source; a database is opened read-only. */
export async function openSource(config: PersistenceConfig, worker?: Worker): Promise<OpenStorage<Source>> {
  const { persistence, close } = await openHeld(config, worker);
  return { end: sourceOf(persistence), close };
}

/** Opens a storage like {@link openForReading}; what is then read of a database on a server is all of one state. */
export async function openHeld(config: PersistenceConfig, worker?: Worker): Promise<OpenContext> {
  const opened = await openForReading(config, worker);
  const { persistence } = opened;
  // An instance may be used by others, who expect to see what changes.
  if (!(persistence instanceof DatabasePersistence) || persistence === config.storage) return opened;
  try {
    await persistence.holdState();
    return opened;
  } catch (error) {
    await opened.close().catch(() => {});
    throw error;
  }
}

/** Opens a storage; a database is opened read-only. */
export function openForReading(config: PersistenceConfig, worker?: Worker): Promise<OpenContext> {
  return openContext(readOnly(config), worker);
}

export function sourceOf(storage: PersistenceDriver): Source {
  return storage instanceof DatabasePersistence ? new DatabaseSource(storage) : new DriverSource(storage);
}

/** Opens a storage as a target; for a dry run, read-only, or an empty one in memory if it does not exist yet. */
export async function openTarget(
  config: PersistenceConfig,
  dryRun: boolean,
  worker?: Worker,
): Promise<OpenStorage<Target>> {
  const { persistence, context, close } = await (dryRun ? openUnwritten(config, worker) : openContext(config, worker));
  return { end: targetOf(persistence, context), close };
}

/** @throws {DatabaseExists} if the target exists and `from` is to create it, as without the dry run */
async function openUnwritten(config: PersistenceConfig, worker: Worker): Promise<OpenContext> {
  const { from, ...existing } = config;
  // In memory, everything is new.
  if (existing.storage !== 'db' || isInMemory(existing.connection)) return openContext(config, worker);
  let opened: OpenContext;
  try {
    opened = await openForReading(existing, worker);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return openContext({ storage: 'memory_db', ...(from === undefined ? {} : { from }) }, worker);
  }
  if (from === undefined) return opened;
  await opened.close();
  throw new DatabaseExists(
    'The target already exists: "from" only creates new databases. Omit "from", or name another.',
  );
}

/** @param opened the context that was opened with the storage, unless another one has it open already */
export function targetOf(storage: PersistenceDriver, opened: Context): Target {
  if (storage instanceof DatabasePersistence) return new DatabaseTarget(storage);
  // Memory keeps the objects themselves: they must belong to the context that uses it. Protected, as only plugins need it.
  return new DriverTarget(storage, storage.isOpen ? storage['context'] : opened);
}

export interface OpenContext {
  readonly persistence: PersistenceDriver;
  readonly context: Cinderlib;
  close(): Promise<void>;
}

/** Opens a storage. An instance that a context already uses stays with that context and is not closed. */
export async function openContext(config: PersistenceConfig, worker?: Worker): Promise<OpenContext> {
  const { storage } = config;
  const inUse = isInUse(storage);
  const persistence_config = inUse ? {} : config;
  const context = await setup({ persistence_config, fail_on_missing_backend: false, worker });
  return {
    persistence: inUse ? storage : context.persistence,
    context,
    close: () => context.close(),
  };
}

/** What the context that has the storage open runs its core in; undefined if none has. */
export function workerOf({ storage }: PersistenceConfig): Worker {
  return isInUse(storage) ? storage['context'].settings.worker : undefined;
}

function isInUse(storage: PersistenceConfig['storage']): storage is PersistenceDriver {
  return storage instanceof PersistenceDriver && storage.isOpen;
}

function readOnly(config: PersistenceConfig): PersistenceConfig {
  const { storage, connection, from } = config;
  if (storage !== 'db' || from !== undefined || isInMemory(connection)) return config;
  return { ...config, read_only: true };
}

/** Whether it is the URL of a database in memory, which is empty until it is opened. */
export function isInMemory(connection = ''): boolean {
  try {
    return sqlitePath(connection) === null;
  } catch {
    // It may be the URL of a server. If it is none at all, opening it will report the error.
    return false;
  }
}

/** Whether there is no such database, or no table in it. */
function isMissing(error: unknown): boolean {
  return error instanceof SchemaError
    ? error.empty === true
    : error instanceof DatabaseUnavailable && error.missing === true;
}
