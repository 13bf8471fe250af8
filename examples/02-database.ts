/** Metadata in a SQLite file. */
import { setup } from 'cinderlib-wasm';

const connection = process.argv[2] ?? 'sqlite:///example.sqlite';

const cl = await setup({ persistence_config: { storage: 'db', connection } });
const lvm = await cl.backend({
  volume_backend_name: 'lvm',
  volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
});
const vol = await lvm.createVolume(1, { name: 'kept' });
console.log(`${vol.name} is ${vol.status}, and stored on disk`);
await cl.close();
