/** The lock of a database in a browser: one opener at a time, in whichever tab or worker. */
import { DatabaseLocked, DatabaseUnavailable } from '../errors/index.ts';
import { webLocks } from '../runtime.ts';

/**
 * How long somebody else is waited for, in milliseconds: a page that was just left, or loaded again, needs a
 * moment until its worker is gone (20 to 40 ms, measured in Chromium and Firefox).
 */
const patience = 500;

/** A lock that is held. The browser frees it when the holder dies. */
export interface WebLock {
  release(): void;
}

/** The lock that somebody else holds for us. */
export const heldElsewhere: WebLock = { release() {} };

/** The name of a database's lock, for whoever else takes it: it protects the records or files of that name. */
export function lockName(medium: string, database: string): string {
  return `cinderlib-wasm:${medium}:${database}`;
}

/**
 * Takes a lock by name.
 *
 * @param mode `shared` by those who only read: they keep writers out, and not each other
 * @throws {DatabaseLocked} when somebody else keeps it
 */
export async function takeWebLock(name: string, path: string, mode: LockMode = 'exclusive'): Promise<WebLock> {
  const locks = webLocks();
  if (locks === undefined) {
    throw new DatabaseUnavailable(
      `Cannot open ${path}: this browser has no Web Locks (navigator.locks) for this page, so that two tabs could ` +
        'spoil the database. Serve the page by https or from localhost.',
      path,
    );
  }
  return new Promise((resolve, reject) => {
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), patience);
    const hold = (): Promise<void> => {
      clearTimeout(timer);
      return new Promise((release) => resolve({ release }));
    };
    locks.request(name, { mode, signal: waiting.signal }, hold).catch((cause) => {
      // After the lock was had this says that somebody stole it, which shows in the next change.
      reject(waiting.signal.aborted ? inUse(path) : cause);
    });
  });
}

function inUse(path: string): DatabaseLocked {
  return new DatabaseLocked(`${path} is in use by another tab or worker of this site. Close it there, or try again.`);
}
