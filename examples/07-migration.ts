/** Migrates from one storage to another within one program: here from memory to a SQLite file. */
import { migrate, setup } from 'cinderlib-wasm';

const connection = process.argv[2] ?? 'sqlite:///migrated.sqlite';

const cl = await setup();
const lvm = await cl.backend({
  volume_backend_name: 'lvm',
  volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
});
const vol = await lvm.createVolume(1, { name: 'moves', extra_specs: { tier: 'gold' } });
await vol.createSnapshot({ name: 'moves too' });

const report = await migrate({ storage: cl.persistence }, { storage: 'db', connection });
if (report.differences.length > 0) throw new Error('The target differs from the source.');
await cl.setPersistence({ storage: 'db', connection });

for (const volume of await lvm.volumes()) {
  console.log(
    `${volume.name}: ${volume.volume_type?.extra_specs?.['tier']}, ${(await volume.snapshots()).length} snapshot`,
  );
}
await cl.close();
