/** Metadata in memory, saved to a JSON file and loaded from it. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';

const file = join(await mkdtemp(join(tmpdir(), 'cinderlib-')), 'cinderlib.json');
const backend = {
  volume_backend_name: 'lvm',
  volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
};

// Memory is the default: without a persistence_config nothing outlives the program by itself.
const cl = await setup();
const lvm = await cl.backend(backend);
const vol = await lvm.createVolume(1, { name: 'first' });
await vol.createSnapshot({ name: 'snapshot of first' });
await writeFile(file, await cl.dumps());
await cl.close();

const later = await setup();
await later.backend(backend);
await later.load(await readFile(file, 'utf8'), { save: true });
for (const volume of await later.Volume.getByName('first')) {
  console.log(`${volume.name}: ${volume.size} GiB, ${(await volume.snapshots()).length} snapshot`);
}
await later.close();
