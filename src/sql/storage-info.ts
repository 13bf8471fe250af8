/** What `info()` tells about an open database. */
import type { CoreConfig, MediumName, StorageInfo } from '../rpc/contract.ts';
import { isPersisted } from '../runtime.ts';
import type { Opened } from './core.ts';

export async function storageInfo({ engine, config, schema }: Opened): Promise<StorageInfo> {
  engine.checkFile();
  const { server, version } = engine;
  return {
    medium: config.server?.dialect ?? config.medium,
    durability: server === undefined ? durabilityOf(config) : server.durable ? 'full' : 'off',
    persisted: server !== undefined || (await persistedIn(config.medium)),
    // A server has no leader: everyone with the privileges may write.
    leader: !engine.readOnly,
    size: await engine.size,
    revision: schema.revision,
    versions: { [server?.name ?? 'sqlite']: version },
    native_locks: engine.nativeLocks,
    read_only: engine.readOnly,
  };
}

/** IndexedDB transactions are atomic even without waiting for the disk; on files, atomicity needs the flushes. */
function durabilityOf({ medium, sqlite_synchronous }: CoreConfig): StorageInfo['durability'] {
  if (medium === 'memory') return 'none';
  if (sqlite_synchronous) return 'full';
  return medium === 'indexeddb' ? 'relaxed' : 'off';
}

async function persistedIn(medium: MediumName): Promise<boolean> {
  return medium === 'indexeddb' || medium === 'opfs' ? isPersisted() : medium === 'filesystem';
}
