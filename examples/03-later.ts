/** Opens the file that another program wrote: run 02-database.ts first. */
import { setup } from 'cinderlib-wasm';

const connection = process.argv[2] ?? 'sqlite:///example.sqlite';

const cl = await setup({ persistence_config: { storage: 'db', connection } });
const lvm = await cl.backend({
  volume_backend_name: 'lvm',
  volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
});
for (const vol of await lvm.volumes()) console.log(`${vol.name}: ${vol.size} GiB, ${vol.status}`);
await cl.close();
