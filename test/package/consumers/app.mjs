/** What each consumer does with the package: makes a volume, finds it again, and leaves its name for the test. */
import { setup } from 'cinderlib-wasm';

async function use() {
  const cl = await setup({ persistence_config: { storage: 'memory_db' } });
  const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  const backend = await cl.backend({ volume_backend_name: 'fake', volume_driver });
  const { id } = await backend.createVolume(1, { name: 'made in a bundle' });
  const { name } = await cl.Volume.getById(id);
  const { runtime } = await cl.info();
  await cl.close();
  return `${name}, ${runtime}`;
}

globalThis.used = use();
