/** The media of browsers: IndexedDB, the origin private file system (OPFS), or memory. */
import { DatabaseExists, InvalidPersistence } from '../errors/index.ts';
import { readsRecordsInPassing } from '../runtime.ts';
import { extentSizes } from './indexeddb/block-records.ts';
import { IndexedDbMedium } from './indexeddb/indexeddb.ts';
import { IndexedDbSnapshots } from './indexeddb/indexeddb-snapshots.ts';
import { IndexedDbStore } from './indexeddb/indexeddb-store.ts';
import { heldElsewhere, lockName, takeWebLock, type WebLock } from './locks/web-lock.ts';
import type { Media, MediumConfig } from './media.ts';
import type { Medium } from './medium.ts';
import { MemoryMedium } from './memory.ts';
import { checkFiles } from './opfs/check-files.ts';
import { OpfsMedium } from './opfs/opfs.ts';
import { OpfsPlace } from './opfs/opfs-place.ts';
import { OpfsSnapshots } from './opfs/opfs-snapshots.ts';
import { SnapshotMedium, type SnapshotSource } from './snapshot.ts';

export const browserMedia: Media = {
  async open(config) {
    switch (config.medium) {
      case 'memory':
        return new MemoryMedium(config.from);
      case 'indexeddb':
        return locked(config, (lock) => openIndexedDb(config, lock));
      case 'opfs':
        return locked(config, (lock) => openOpfs(config, lock));
      default:
        throw unavailable(config);
    }
  },
  async openReadOnly(config) {
    return SnapshotMedium.open(await snapshotsOf(config));
  },
};

async function snapshotsOf(config: MediumConfig): Promise<SnapshotSource> {
  const { medium, database, lock_held } = config;
  const path = pathOf(config);
  switch (medium) {
    case 'indexeddb':
      return new IndexedDbSnapshots(storeOf(config));
    case 'opfs': {
      const lock = async (): Promise<WebLock> =>
        lock_held ? heldElsewhere : takeWebLock(lockName(medium, database), path, 'shared');
      return new OpfsSnapshots(await OpfsPlace.find(database, path, false), lock);
    }
    default:
      throw unavailable(config);
  }
}

/** Opens a medium under the database's lock; takes none if the caller says that it already holds it. */
async function locked(config: MediumConfig, open: (lock: WebLock) => Promise<Medium>): Promise<Medium> {
  const { medium, database, lock_held } = config;
  const lock = lock_held ? heldElsewhere : await takeWebLock(lockName(medium, database), pathOf(config));
  try {
    return await open(lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openIndexedDb(config: MediumConfig, lock: WebLock): Promise<Medium> {
  const { from } = config;
  const store = storeOf(config);
  try {
    const stored = await store.takeOver();
    if (from !== null && stored.header.size > 0) throw exists(store.path, stored.header.size);
    return new IndexedDbMedium(store, lock, stored, from);
  } catch (error) {
    store.close();
    throw error;
  }
}

/** The database's records, in the IndexedDB database of its name. */
function storeOf(config: MediumConfig): IndexedDbStore {
  const durability = config.sqlite_synchronous ? 'strict' : 'relaxed';
  const extentSize = extentSizes[readsRecordsInPassing() ? 'small' : 'large'];
  return new IndexedDbStore(`cinderlib-wasm:${config.database}`, pathOf(config), durability, extentSize);
}

async function openOpfs(config: MediumConfig, lock: WebLock): Promise<Medium> {
  const { database, from } = config;
  const place = await OpfsPlace.find(database, pathOf(config), true);
  const files = await place.files();
  if (from === null) {
    await checkFiles(place.path, files);
    return OpfsMedium.open(place, lock, (files.get('')?.size ?? 0) === 0);
  }
  // SQLite would replay a leftover companion of a former database into the new one.
  for (const [kind, file] of files) if (file !== null && file.size > 0) throw exists(place.path + kind, file.size);
  await place.seed(from);
  return OpfsMedium.open(place, lock, true);
}

/** A database's name in messages. */
function pathOf({ medium, database }: MediumConfig): string {
  return `${medium}:${database}`;
}

function exists(path: string, size: number): DatabaseExists {
  return new DatabaseExists(
    `${path} already exists and holds ${size} bytes: "from" only creates new databases. ` +
      'Omit "from" to open it, or name another database.',
  );
}

function unavailable({ medium }: MediumConfig): InvalidPersistence {
  return new InvalidPersistence(
    `There is no medium ${JSON.stringify(medium)} in browsers. Choose indexeddb or opfs, or the storage memory_db.`,
  );
}
