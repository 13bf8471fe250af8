/** What every storage must do with snapshots and connections. */
import { assertEqual, assertSame } from './assertions.ts';
import { type ContractTest, ids } from './contract-test.ts';

export const childTests: readonly ContractTest[] = [
  [
    'snapshots are stored, filtered and deleted',
    async (cl, first) => {
      const { persistence } = cl;
      const volume = await first.createVolume(2);
      const a = await volume.createSnapshot({ name: 'a', metadata: { k: 'v' } });
      const b = await volume.createSnapshot({ name: 'b' });
      assertSame(ids(await persistence.getSnapshots({ volume_id: volume.id })), [a.id, b.id]);
      assertSame(ids(await persistence.getSnapshots({ snapshot_name: 'a' })), [a.id]);
      assertSame(ids(await persistence.getSnapshots({ snapshot_id: b.id, snapshot_name: 'a' })), []);
      const found = await cl.Snapshot.getById(a.id);
      assertEqual(
        [found.metadata, found.volume_size, found.progress, found.status],
        [{ k: 'v' }, 2, 'first', 'available'],
      );
      await found.delete();
      assertSame(ids(await persistence.getSnapshots({})), [b.id]);
    },
  ],
  [
    'snapshot metadata can be changed',
    async (cl, first) => {
      const volume = await first.createVolume(1);
      const snapshot = await volume.createSnapshot({ metadata: { k: 'v' } });
      snapshot.metadata = { k: 'w', l: 'x' };
      await snapshot.save();
      assertEqual((await cl.Snapshot.getById(snapshot.id)).metadata, { k: 'w', l: 'x' });
    },
  ],
  [
    'connections are stored, filtered and deleted',
    async (cl, first) => {
      const { persistence } = cl;
      const volume = await first.createVolume(1);
      const other = await first.createVolume(1);
      const connection = await volume.connect({ host: 'h', initiator: 'i' });
      await other.connect({ host: 'h' });
      assertSame(ids(await persistence.getConnections({ volume_id: volume.id })), [connection.id]);
      assertEqual((await persistence.getConnections({})).length, 2);
      const found = await cl.Connection.getById(connection.id);
      assertEqual([found.connector, found.conn_info], [{ host: 'h', initiator: 'i' }, connection.conn_info]);
      assertEqual((await cl.Volume.getById(volume.id)).status, 'in-use');
      await volume.disconnect(connection);
      assertSame(ids(await persistence.getConnections({ volume_id: volume.id })), []);
      assertEqual((await cl.Volume.getById(volume.id)).status, 'available');
    },
  ],
];
