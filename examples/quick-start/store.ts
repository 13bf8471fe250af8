/** The second process: stores volumes, snapshots and a connection, writes to a volume of real bytes, and exits. */
import { open } from 'node:fs/promises';
import { setup, type Volume } from 'cinderlib-wasm';
import { files } from './backends.ts';

const connection = process.argv[2] ?? 'sqlite:///cl.sqlite';

const cl = await setup({ persistence_config: { storage: 'db', connection } });
const lvm = await cl.backend({
  volume_backend_name: 'lvm',
  volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
});
const backend = await cl.backend(files);
const found = (await cl.persistence.getVolumes()).length;
console.log(`Process ${process.pid} opened ${connection} and found ${found} volumes.`);

// Metadata alone: the fake driver stores nothing.
const data = await lvm.createVolume(10, { name: `data ${found + 1}`, metadata: { owner: 'quick start' } });
const gold = await lvm.createVolume(20, { name: `gold ${found + 2}`, extra_specs: { tier: 'gold' } });
await data.createSnapshot({ name: `before ${data.name}` });
await gold.connect({ host: 'compute-1', initiator: 'iqn.1994-05.com.example:1' });

// And real bytes, in a file.
const bytes = await backend.createVolume(1, { name: `bytes ${found + 3}` });
await write(bytes, `written by process ${process.pid}`);
await bytes.createSnapshot({ name: `before ${bytes.name}` });
await write(bytes, 'changed since the snapshot');
console.log(`It stored 3 volumes, 2 snapshots and a connection, wrote into ${files.directory}, and exits.\n`);
await cl.close();

/** Writes a line to the start of the volume, as any program on its host could. */
async function write(volume: Volume, line: string): Promise<void> {
  const { path } = await volume.attach();
  const file = await open(String(path), 'r+');
  await file.write(line.padEnd(80), 0);
  await file.close();
  await volume.detach();
}
