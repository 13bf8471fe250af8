/**
 * How Chromium loses what is in IndexedDB: it goes on with a log that a kill or a full disk has torn, finds that corrupt at a
 * later start, removes all databases of the site, and tells only the first page to open one (decision 152). So it is made
 * to begin a new log, and what it told is kept for the other databases and tabs.
 */
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb';
import { losesTornLogs, pause } from '../../runtime.ts';

interface Losses extends DBSchema {
  loss: { key: string; value: Loss };
}

/** What Chromium said when it had removed everything, and of which databases that was passed on, and when. */
interface Loss {
  readonly reason: string;
  readonly told: ReadonlyMap<string, number>;
}

const lossName = 'cinderlib-wasm lost';
const lossKey = 'loss';
/** Milliseconds; the new log takes about ten, and is no reason to keep a database closed. */
const logPatience = 1000;
/** Milliseconds in which all tabs with a database are told of its loss. */
const toldTogether = 10_000;

/**
 * Makes Chromium begin a new log: when it deletes a database, it writes out what the log holds.
 *
 * @returns why it could not, with a full disk for instance; null if it did, and in other browsers
 */
export async function renewLog(name: string): Promise<unknown> {
  if (!losesTornLogs()) return null;
  const scratch = `log of ${name}`;
  const renewal = async (): Promise<void> => {
    (await openDB(scratch)).close();
    await deleteDB(scratch);
  };
  try {
    await Promise.race([renewal(), pause(logPatience)]);
    return null;
  } catch (error) {
    return error;
  }
}

/** What Chromium tells the first page to open a database after it has removed all; null for any other opening. */
export function lossOf(event: IDBVersionChangeEvent): string | null {
  return Reflect.get(event, 'dataLoss') === 'total' ? String(Reflect.get(event, 'dataLossMessage')) : null;
}

/** Keeps it for the others; the database of that name is being told. To be called while the others still have to wait. */
export async function keepLoss(reason: string, name: string): Promise<void> {
  const told = new Map([[name, Date.now()]]);
  const losses = await openDB<Losses>(lossName, 1, {
    upgrade: (database) => void database.createObjectStore('loss').put({ reason, told }, lossKey),
  });
  losses.close();
}

/** Why a database that is not there may have been removed; null if nothing tells of that, or its users know it. */
export async function lossBefore(name: string): Promise<string | null> {
  const losses = losesTornLogs() ? await openLosses() : null;
  if (losses === null) return null;
  const transaction = losses.transaction('loss', 'readwrite');
  const loss = await transaction.store.get(lossKey);
  const toldAt = loss?.told.get(name);
  if (loss !== undefined && toldAt === undefined) {
    await transaction.store.put({ ...loss, told: new Map([...loss.told, [name, Date.now()]]) }, lossKey);
  }
  await transaction.done;
  losses.close();
  const isKnown = toldAt !== undefined && Date.now() - toldAt > toldTogether;
  return isKnown ? null : (loss?.reason ?? null);
}

/** Null if nothing was ever lost. */
async function openLosses(): Promise<IDBPDatabase<Losses> | null> {
  let isMissing = false;
  try {
    return await openDB<Losses>(lossName, 1, {
      upgrade(_, __, ___, transaction) {
        // IndexedDB cannot open without creating.
        isMissing = true;
        transaction.done.catch(() => {});
        transaction.abort();
      },
    });
  } catch (error) {
    if (isMissing) return null;
    throw error;
  }
}
