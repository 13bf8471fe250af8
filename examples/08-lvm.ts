/**
 * The first example of Python's cinderlib: creates a logical volume, exports it, attaches it to this host, writes to it,
 * copies it and deletes it. It needs root, lvm2 with a volume group, tgt and open-iscsi, and says what this host lacks.
 */
import { open } from 'node:fs/promises';
import { CommandFailed, MissingDependency, setup, VolumeGroupNotFound } from 'cinderlib-wasm';

const cl = await setup();
try {
  const lvm = await cl.backend({
    volume_backend_name: 'lvm_iscsi',
    volume_driver: 'cinder.volume.drivers.lvm.LVMVolumeDriver',
    volume_group: 'cinder-volumes',
    target_protocol: 'iscsi',
    target_helper: 'tgtadm',
  });

  const vol = await lvm.createVolume(1, { name: 'first' });
  const connection = await vol.attach();
  const device = await open(String(connection.path), 'r+');
  await device.write(Buffer.alloc(4096, 'Hello world!'), 0, 4096, 0);
  await device.sync();
  await device.close();
  await vol.detach();
  console.log(`${vol.name}: ${vol.size} GiB, ${vol.status}, was attached and written to`);

  const snap = await vol.createSnapshot({ name: 'snapshot of first' });
  const copy = await snap.createVolume({ name: 'second' });
  await vol.extend(2);
  console.log(`${vol.name}: ${vol.size} GiB; ${copy.name}: ${copy.size} GiB, created from the snapshot`);

  await copy.delete();
  await snap.delete();
  await vol.delete();
  console.log(`${(await lvm.volumes()).length} volumes are left`);
} catch (error) {
  const isHost =
    error instanceof MissingDependency || error instanceof VolumeGroupNotFound || error instanceof CommandFailed;
  if (!isHost) throw error;
  console.log(`Not possible on this host: ${error.message}`);
} finally {
  await cl.close();
}
