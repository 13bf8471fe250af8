/** Multipath: no driver or connector of the library supports it, and none uses a single path instead. */
import { expect, test } from 'vitest';
import {
  type ConnectionInfo,
  type DriverConnector,
  type DriverVolume,
  registerVolumeDriver,
  setup,
  type Volume,
  VolumeDriver,
} from '../../../src/index.ts';

class PathsDriver extends VolumeDriver {
  static readonly asked: unknown[] = [];

  override getVolumeStats() {
    return { total_capacity_gb: 1, free_capacity_gb: 1 };
  }
  override createVolume(): void {}
  override createExport(): void {}
  override removeExport(): void {}
  override terminateConnection(): void {}
  override initializeConnection({ id }: DriverVolume, { multipath }: DriverConnector): ConnectionInfo {
    PathsDriver.asked.push(multipath);
    const data = {
      volume_id: id,
      target_portal: '127.0.0.1:1',
      target_iqn: 'iqn.2010-10.org.example:x',
      target_lun: 1,
    };
    return { driver_volume_type: id === 'by-iscsi' ? 'iscsi' : 'fake', data };
  }
}
registerVolumeDriver('test.PathsDriver', PathsDriver);

async function withVolume(options: object, id: string, use: (volume: Volume) => Promise<void>): Promise<void> {
  await using cl = await setup({ non_uuid_ids: true });
  const backend = await cl.backend({ volume_backend_name: 'p', volume_driver: 'test.PathsDriver', ...options });
  PathsDriver.asked.length = 0;
  await use(await backend.createVolume(1, { id }));
}

test.each([
  [{}, false],
  [{ use_multipath_for_image_xfer: 'no' }, false],
  [{ use_multipath_for_image_xfer: true }, true],
  [{ use_multipath_for_image_xfer: 'yes' }, true],
])('attach() requests multipath if the options of the backend say so: %j', async (options, multipath) => {
  await withVolume(options, 'by-fake', async (volume) => {
    const connection = await volume.attach();
    expect([PathsDriver.asked, connection.use_multipath]).toEqual([[multipath], multipath]);
  });
});

test('a value of use_multipath_for_image_xfer that is no boolean is an error, and nothing is connected', async () => {
  await withVolume({ use_multipath_for_image_xfer: 'maybe' }, 'by-fake', async (volume) => {
    await expect(volume.attach()).rejects.toMatchObject({
      name: 'InvalidOption',
      message: expect.stringContaining('use_multipath_for_image_xfer'),
    });
    expect(PathsDriver.asked).toEqual([]);
  });
});

test('iSCSI refuses multipath, and the connection made for it is undone', async () => {
  await withVolume({ use_multipath_for_image_xfer: true }, 'by-iscsi', async (volume) => {
    await expect(volume.attach()).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('no multipath support'),
    });
    expect([volume.status, await volume.connections()]).toEqual(['available', []]);
    // Also if the user connects it.
    const connection = await volume.connect({ host: 'h', multipath: true });
    await expect(connection.attach()).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});
