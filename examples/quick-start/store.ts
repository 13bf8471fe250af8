/** The first process: stores volumes, a snapshot and a connection, and ends. */
import { setup } from 'cinderlib-wasm';

const connection = process.argv[2] ?? 'sqlite:///cl.sqlite';

const cl = await setup({ persistence_config: { storage: 'db', connection } });
const lvm = await cl.backend({
  volume_backend_name: 'lvm',
  volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
});
const found = (await lvm.volumes()).length;
console.log(`Process ${process.pid} opened ${connection} and found ${found} volumes.`);

const data = await lvm.createVolume(10, { name: `data ${found + 1}`, metadata: { owner: 'quick start' } });
const gold = await lvm.createVolume(20, { name: `gold ${found + 2}`, extra_specs: { tier: 'gold' } });
await data.createSnapshot({ name: `before ${data.name}` });
await gold.connect({ host: 'compute-1', initiator: 'iqn.1994-05.com.example:1' });
console.log('It stored 2 volumes, a snapshot and a connection, and ends.\n');
await cl.close();
