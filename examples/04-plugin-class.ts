/** A persistence plugin of your own, given as a class. */
import { setup } from 'cinderlib-wasm';
import { NoteBook } from './support/note-book.ts';

const cl = await setup({ persistence_config: { storage: NoteBook } });
const lvm = await cl.backend({
  volume_backend_name: 'lvm',
  volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
});
const vol = await lvm.createVolume(1, { name: 'noted' });
console.log(`${(await cl.Volume.getById(vol.id)).name} is stored by ${cl.persistence.storageName}`);
await cl.close();
