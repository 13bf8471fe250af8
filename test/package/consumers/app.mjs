/** What each consumer does with the package: makes a volume, finds it again, and leaves its name for the test. */
import { setup } from 'cinderlib-wasm';

async function use() {
  const cl = await setup({ persistence_config: { storage: 'memory_db' } });
  const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  const backend = await cl.backend({ volume_backend_name: 'fake', volume_driver });
  const { id } = await backend.createVolume(1, { name: 'made in a bundle' });
  const { name } = await cl.Volume.getById(id);
  const { runtime } = await cl.info();
  // A worker of its own makes the files.
  const files = { volume_driver: 'cinderlib_wasm.drivers.FileVolumeDriver', directory: crypto.randomUUID() };
  const volume = await (await cl.backend({ volume_backend_name: 'files', ...files })).createVolume(1);
  await volume.delete();
  await cl.close();
  return `${name}, ${runtime}`;
}

globalThis.used = use();
