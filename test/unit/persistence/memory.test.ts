/** Storage in memory: what was deleted stays deleted, whoever still holds the object. */
import { expect, test } from 'vitest';
import { ConnectionNotFound, SnapshotNotFound, setup, VolumeNotFound } from '../../../src/index.ts';

test('a save does not bring back a volume that was deleted, nor what was deleted with it', async () => {
  await using cl = await setup();
  const backend = await cl.backend({
    volume_backend_name: 'memory',
    volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
  });
  const volume = await backend.createVolume(1);
  const snapshot = await volume.createSnapshot();
  const connection = await volume.connect({ host: 'node-1' });
  await cl.persistence.deleteVolume(volume);
  await expect(volume.save()).rejects.toBeInstanceOf(VolumeNotFound);
  await expect(snapshot.save()).rejects.toBeInstanceOf(SnapshotNotFound);
  await expect(connection.save()).rejects.toBeInstanceOf(ConnectionNotFound);
  expect(await cl.persistence.getSnapshots()).toEqual([]);
  expect(await cl.persistence.getConnections()).toEqual([]);
});

test.each(['memory', 'memory_db'])(
  'a listing by backend finds volumes whose host contains an @, on %s',
  async (storage) => {
    await using cl = await setup({ persistence_config: { storage }, host: 'ops@rack1', worker: false });
    const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
    await cl.backend({ volume_backend_name: 'rack1', volume_driver });
    const hosts = [
      undefined,
      'h@b#pool',
      'h@b#one#two',
      'h@b#p@rack1',
      'h@b#p@rack1#q',
      'h@rack1#b',
      'b@rack1#p',
      '@b#p',
    ];
    for (const host of hosts) await backend.createVolume(1, { ...(host === undefined ? {} : { host }) });
    await backend.refresh();
    const found = (await backend.volumes()).map(({ host }) => host).sort();
    // Cinder's condition in SQL: host = '%@b' OR host LIKE '%@b#%'.
    const expected = ['@b#p', 'h@b#one#two', 'h@b#p@rack1', 'h@b#p@rack1#q', 'h@b#pool', 'ops@rack1@b#b'];
    expect(found).toEqual(expected);
  },
);

test.each(['memory', 'memory_db'])(
  'deleting a volume also deletes its snapshots and connections, and no others, on %s',
  async (storage) => {
    await using cl = await setup({ persistence_config: { storage }, worker: false });
    const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
    const [volume, other] = [await backend.createVolume(1), await backend.createVolume(1)];
    for (const each of [volume, other]) {
      await each.createSnapshot();
      await each.connect({ host: 'x' });
    }
    await cl.persistence.deleteVolume(volume);
    const { persistence } = cl;
    for (const left of [await persistence.getSnapshots({}), await persistence.getConnections({})]) {
      expect(left.map(({ volume_id }) => volume_id)).toEqual([other.id]);
    }
  },
);
