/** What every storage must do on a delete, and with filters that only some objects match. */
import { assert, assertEqual, assertSame } from './assertions.ts';
import { type ContractTest, ids, unstored } from './contract-test.ts';

export const deleteTests: readonly ContractTest[] = [
  [
    'a delete marks a volume, a snapshot and a connection as deleted',
    async ({ persistence }, first) => {
      const volume = await first.createVolume(1);
      const snapshot = await volume.createSnapshot();
      const connection = await volume.connect({ host: 'h' });
      await persistence.deleteConnection(connection);
      await persistence.deleteSnapshot(snapshot);
      await persistence.deleteVolume(volume);
      for (const object of [connection, snapshot, volume]) {
        assert(object.deleted === true, `a delete calls the base class's, which sets deleted of a ${object}`);
        assertEqual(typeof object.deleted_at, 'string');
        assertEqual(
          [...object.ovo.changedFields].filter((name) => /deleted|status/.test(name)),
          [],
        );
      }
      assertEqual([snapshot.status, volume.status], ['deleted', 'deleted']);
    },
  ],
  [
    'deleting an object twice is no error',
    async ({ persistence }, first) => {
      const volume = await first.createVolume(1);
      const snapshot = await volume.createSnapshot();
      const connection = await volume.connect({ host: 'h' });
      for (let time = 1; time <= 2; time++) {
        await persistence.deleteConnection(connection);
        await persistence.deleteSnapshot(snapshot);
        assertEqual(await persistence.getSnapshots({}), []);
        assertEqual(await persistence.getConnections({}), []);
      }
      for (let time = 1; time <= 2; time++) {
        await persistence.deleteVolume(volume);
        assertEqual(await persistence.getVolumes({}), []);
      }
    },
  ],
  [
    'deleting an object that was never stored is no error and deletes nothing else',
    async (cl, first) => {
      const { persistence } = cl;
      const volume = await first.createVolume(1);
      const snapshot = await volume.createSnapshot();
      const connection = await volume.connect({ host: 'h' });
      const never = {
        connection: await unstored(cl, connection),
        snapshot: await unstored(cl, snapshot),
        volume: await unstored(cl, volume),
      };
      await persistence.deleteConnection(never.connection);
      await persistence.deleteSnapshot(never.snapshot);
      await persistence.deleteVolume(never.volume);
      for (const object of Object.values(never)) assertEqual(object.deleted, true);
      assertEqual(ids(await persistence.getConnections({})), [connection.id]);
      assertEqual(ids(await persistence.getSnapshots({})), [snapshot.id]);
      assertEqual(ids(await persistence.getVolumes({})), [volume.id]);
    },
  ],
  [
    'snapshots must match every given filter',
    async ({ persistence }, first) => {
      const [one, other] = [await first.createVolume(1), await first.createVolume(1)];
      const a = await one.createSnapshot({ name: 'same' });
      const b = await one.createSnapshot({ name: 'another' });
      const c = await other.createSnapshot({ name: 'same' });
      const find = async (filter: Parameters<typeof persistence.getSnapshots>[0]) =>
        ids(await persistence.getSnapshots(filter));
      assertSame(await find({}), [a.id, b.id, c.id]);
      assertSame(await find({ snapshot_name: 'same' }), [a.id, c.id]);
      assertSame(await find({ snapshot_name: 'same', volume_id: one.id }), [a.id]);
      assertSame(await find({ snapshot_id: c.id, volume_id: other.id, snapshot_name: 'same' }), [c.id]);
      assertSame(await find({ snapshot_id: c.id, volume_id: one.id }), []);
      assertSame(await find({ snapshot_id: b.id, snapshot_name: 'same' }), []);
      assertSame(await find({ snapshot_id: '', snapshot_name: null, volume_id: '' }), [a.id, b.id, c.id]);
    },
  ],
  [
    'connections must match every given filter',
    async ({ persistence }, first) => {
      const [one, other] = [await first.createVolume(1), await first.createVolume(1)];
      const [a, b] = [await one.connect({ host: 'a' }), await other.connect({ host: 'b' })];
      const find = async (filter: Parameters<typeof persistence.getConnections>[0]) =>
        ids(await persistence.getConnections(filter));
      assertSame(await find({ connection_id: a.id }), [a.id]);
      assertSame(await find({ connection_id: a.id, volume_id: one.id }), [a.id]);
      assertSame(await find({ connection_id: a.id, volume_id: other.id }), []);
      assertSame(await find({ connection_id: '', volume_id: null }), [a.id, b.id]);
    },
  ],
];
