/** Storage in memory: what was deleted stays deleted, whoever still holds the object. */
import { ConnectionNotFound, SnapshotNotFound, setup, VolumeNotFound } from 'cinderlib-wasm';
import { expect, test } from 'vitest';

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
