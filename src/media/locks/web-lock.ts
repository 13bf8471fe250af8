/** The lock of a database in a browser: one opener at a time, across all tabs and workers. */
import { DatabaseLocked, DatabaseUnavailable } from '../../errors/index.ts';
import { webLocks } from '../../runtime.ts';
import { browserOpenFailure } from '../browser-failure.ts';
import { holdLock } from './held-lock.ts';

/**
 * How long to wait for the holder, in milliseconds: when a page was just left or reloaded, its worker takes a
 * moment to end (20 to 40 ms, measured in Chromium and Firefox).
 */
const patience = 500;

/** A held lock. The browser releases it when the holder dies. */
export interface WebLock {
  release(): void;
}

/** Stands for a lock that someone else holds for us. */
export const heldElsewhere: WebLock = { release() {} };

/** The name of a database's lock, also for others who take it: it protects the records or files of that name. */
export function lockName(medium: string, database: string): string {
  return `cinderlib-wasm:${medium}:${database}`;
}

/** The page's Web Locks, without which its tabs could corrupt the database. */
export function neededLocks(path: string): LockManager {
  const locks = webLocks();
  if (locks !== undefined) return locks;
  throw new DatabaseUnavailable(
    `Cannot open ${path}: this browser has no Web Locks (navigator.locks) for this page, so two tabs could ` +
      'corrupt the database. Serve the page over HTTPS or from localhost.',
    path,
  );
}

/**
 * Takes a lock by name.
 *
 * @param mode `shared` for readers: they keep writers out, but not each other
 * @throws {DatabaseLocked} when someone else holds it for too long
 */
export async function takeWebLock(name: string, path: string, mode: LockMode = 'exclusive'): Promise<WebLock> {
  const locks = neededLocks(path);
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), patience);
  try {
    // Should it be stolen later, that shows in the next change.
    return { release: await holdLock(locks, name, { mode, signal: waiting.signal }) };
  } catch (cause) {
    throw waiting.signal.aborted ? inUse(path) : browserOpenFailure(path, cause);
  } finally {
    clearTimeout(timer);
  }
}

function inUse(path: string): DatabaseLocked {
  return new DatabaseLocked(`${path} is in use by another tab or worker of this site. Close it there, or try again.`);
}
