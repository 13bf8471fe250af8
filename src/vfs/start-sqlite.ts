/** Starts SQLite's WebAssembly engine: verifies it, patches in our file functions, and probes it. */
import { isCinderlibError, StorageFailure } from '../errors/index.ts';
import { engineModule } from './compiled-engine.ts';
import { type Engine, startEngine } from './engine.ts';
import { type VfsLayout, vfsLayout } from './layout.ts';
import { probe } from './probe.ts';
import { SqliteInstance } from './sqlite-instance.ts';
import { Vfs } from './vfs.ts';

/** One for each realm, shared by all databases that are open in it: each reserves gigabytes of addresses. */
let running: Promise<SqliteInstance> | null = null;

/**
 * Starts SQLite, or returns the instance that already runs in this realm. One that has failed is replaced.
 *
 * @throws {EngineMismatch} when it is missing or not the pinned one
 * @throws {StorageFailure} when there is no memory for it, or it fails while it starts
 */
export async function startSqlite(): Promise<SqliteInstance> {
  running ??= start();
  const found = running;
  const instance = await found;
  if (instance.fault === null) return instance;
  // Another caller may have replaced it already.
  if (running === found) running = null;
  return startSqlite();
}

async function start(): Promise<SqliteInstance> {
  try {
    return adopt(await startEngine(await engineModule()));
  } catch (error) {
    // The next call may try again.
    running = null;
    if (isCinderlibError(error)) throw error;
    const message = `The SQLite engine failed while it started (${String(error)}). Try again.`;
    throw new StorageFailure(message, null, null, { cause: error });
  }
}

/** Patches and probes an instance of the engine; `layout` differs only in tests. */
export function adopt(engine: Engine, layout: VfsLayout = vfsLayout): SqliteInstance {
  const { sqlite, heap } = engine;
  const vfs = new Vfs(engine, layout);
  probe(sqlite, heap, vfs);
  return new SqliteInstance({ sqlite, heap, vfs });
}
