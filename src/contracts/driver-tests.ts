/** What every volume driver must do with volumes and snapshots, on whatever storage. */
import type { Backend } from '../objects/backend.ts';
import { assert, assertEqual, rejectionOf } from './assertions.ts';
import type { DriverTest } from './volume-driver-contract.ts';

export const driverTests: readonly DriverTest[] = [
  [
    'a driver reports its capacity by pool',
    async (backend) => {
      const { pools } = await backend.stats({ refresh: true });
      assert(Array.isArray(pools) && pools.length > 0, 'statistics have at least one pool');
      for (const pool of pools) {
        for (const name of ['total_capacity_gb', 'free_capacity_gb']) {
          const amount: unknown = pool[name];
          const isKnown = typeof amount === 'number' && amount >= 0;
          assert(isKnown || amount === 'infinite' || amount === 'unknown', `${name} is a number, infinite or unknown`);
        }
      }
    },
  ],
  [
    'a volume is created, can be deleted by another program, and leaves nothing behind',
    async (backend, { cl, another, leftovers }) => {
      const before = await leftovers();
      const volume = await backend.createVolume(1, { name: 'one' });
      assertEqual([volume.status, volume.size], ['available', 1]);
      const other = await another();
      await other.context.load(await cl.dumps(), { save: true });
      const [found] = await other.volumesFiltered({ volume_id: volume.id });
      assert(found !== undefined, 'the other program has the metadata');
      await found.delete();
      assertEqual(found.status, 'deleted');
      // As in cinderlib, deleting a volume that no longer exists is no error.
      await volume.delete();
      assertEqual(await leftovers(), before);
    },
  ],
  [
    'two volumes can have the same display name',
    async (backend) => {
      const [a, b] = [await backend.createVolume(1, { name: 'twin' }), await backend.createVolume(1, { name: 'twin' })];
      await a.delete();
      const snapshot = await b.createSnapshot();
      await snapshot.delete();
      await b.delete();
    },
  ],
  [
    'a volume can be extended but not shrunk',
    async (backend) => {
      const volume = await backend.createVolume(1);
      assertEqual(await volume.extend(2), 2 * 1024 ** 3);
      assertEqual([volume.size, volume.status], [2, 'available']);
      if (await storesNothing(backend)) return;
      assert((await rejectionOf(volume.extend(1))) !== null, 'a driver refuses to make a volume smaller');
      assertEqual([volume.size, volume.status], [2, 'error']);
      await volume.delete();
    },
  ],
  [
    'a snapshot can be taken and deleted, and its volume cannot be deleted before it',
    async (backend, { leftovers }) => {
      const volume = await backend.createVolume(1);
      const before = await leftovers();
      const snapshot = await volume.createSnapshot({ name: 'now' });
      assertEqual([snapshot.status, snapshot.volume_size], ['available', 1]);
      assertEqual((await rejectionOf(volume.delete()))?.name, 'InvalidVolume');
      await snapshot.delete();
      assertEqual(await leftovers(), before);
      await volume.delete();
    },
  ],
  [
    'clones and volumes made from snapshots outlive their sources',
    async (backend, { leftovers }) => {
      const before = await leftovers();
      const volume = await backend.createVolume(1);
      const clone = await volume.clone();
      const snapshot = await clone.createSnapshot();
      const copy = await snapshot.createVolume({ size: 2 });
      assertEqual([clone.source_volid, copy.snapshot_id, copy.size], [volume.id, snapshot.id, 2]);
      await volume.delete();
      await snapshot.delete();
      await clone.delete();
      const again = await copy.createSnapshot();
      await again.delete();
      await copy.delete();
      assertEqual(await leftovers(), before);
    },
  ],
];

/** The fake driver accepts everything, except where a test tells it to fail. */
async function storesNothing(backend: Backend): Promise<boolean> {
  const { storage_protocol } = await backend.stats();
  return storage_protocol === 'fake';
}
