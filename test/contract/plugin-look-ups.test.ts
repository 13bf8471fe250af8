/** What volume drivers can look up where the storage is a plugin whose `db` is null. */
import { existsSync } from 'node:fs';
import { type DriverDatabase, setup } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { NoteBook } from '../../examples/support/note-book.ts';
import { inTemporaryFolder } from '../support/golden.ts';

const files = (directory: string) => ({
  volume_backend_name: 'files',
  volume_driver: 'cinderlib_wasm.drivers.FileVolumeDriver',
  directory,
});

test('the file driver refuses to delete a connected volume', async () => {
  await inTemporaryFolder(async (directory) => {
    await using cl = await setup({ persistence_config: { storage: NoteBook } });
    const backend = await cl.backend(files(directory));
    const volume = await backend.createVolume(1);
    const connection = await volume.connect({ host: 'client' });
    await expect(volume.delete()).rejects.toMatchObject({ name: 'VolumeIsBusy' });
    expect(existsSync(`${directory}/volume-${volume.id}`)).toBe(true);
    await connection.disconnect();
    await volume.delete();
    expect(existsSync(`${directory}/volume-${volume.id}`)).toBe(false);
  });
});

test('drivers look up volumes in the current storage after each setPersistence()', async () => {
  await inTemporaryFolder(async (directory) => {
    await using cl = await setup();
    const backend = await cl.backend(files(directory));
    const lookUp = () => backend.driver.db as DriverDatabase; // What every storage here gives.
    const inMemory = await backend.createVolume(1);
    await cl.setPersistence({ storage: NoteBook });
    const noted = await backend.createVolume(1);
    expect((await lookUp().volumeGet(noted.id)).id).toBe(noted.id);
    await expect(lookUp().volumeGet(inMemory.id)).rejects.toMatchObject({ name: 'VolumeNotFound' });
    await cl.setPersistence({ storage: 'memory' });
    await expect(lookUp().volumeGet(noted.id)).rejects.toMatchObject({ name: 'VolumeNotFound' });
  });
});

test('drivers get the look-ups of the plugin if it has its own', async () => {
  const own = {};
  class WithLookUps extends NoteBook {
    override get db(): never {
      return own as never;
    }
  }
  await using cl = await setup({ persistence_config: { storage: WithLookUps } });
  const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  expect((await cl.backend({ volume_backend_name: 'b', volume_driver })).driver.db).toBe(own);
});
