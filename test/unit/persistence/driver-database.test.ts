/** What drivers can look up in every storage. */
import { describe, expect, it } from 'vitest';
import { entriesOf, keysOf } from '../../../src/cinder/dict.ts';
import type { DriverDatabase } from '../../../src/persistence/driver-database.ts';
import { setup } from '../../../src/setup.ts';

const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

describe.each(['memory', 'memory_db'])('the db of a driver in the storage %s', (storage) => {
  it('finds stored objects, and a volume type and QoS specs by the id of their volume', async () => {
    await using cl = await setup({ host: 'h', worker: false, persistence_config: { storage } });
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
    const db = backend.driver.db as DriverDatabase; // What both storages give.
    const volume = await backend.createVolume(1, { extra_specs: { tier: 'gold' }, qos_specs: { iops: '9' } });
    const snapshot = await volume.createSnapshot();
    const connection = await volume.connect({ host: 'client' });
    const { id } = volume;
    const found = await Promise.all([
      db.getById('Volume', id),
      db.getById('Snapshot', snapshot.id),
      db.getById('VolumeAttachment', connection.id),
    ]);
    expect(found.map((each) => each?.id)).toStrictEqual([id, snapshot.id, connection.id]);
    expect((await db.volumeTypeGet(id))?.extra_specs).toStrictEqual({ tier: 'gold' });
    expect((await db.getById('QualityOfServiceSpecs', id))?.id).toBe(id);
    expect((await db.getById('VolumeType', id))?.id).toBe(id);
    expect((await db.volumeAttachmentGetAllByVolumeId(id)).map((each) => each.connector)).toStrictEqual([
      { host: 'client' },
    ]);
    expect(await db.volumeAttachmentGetAllByVolumeId('nobody')).toStrictEqual([]);
    expect((await db.volumeGetAllByHost('h@b')).map((each) => each.id)).toStrictEqual([id]);
    expect(await db.imageVolumeCacheGetByVolumeId(id)).toBeNull();
    await expect(db.getById('VolumeAttachment', 'nobody')).rejects.toMatchObject({ name: 'ConnectionNotFound' });
    await expect(db.getById('Cluster', id)).rejects.toMatchObject({ name: 'ValueError' });
  });

  it('applies concurrent changes of the admin metadata one after the other', async () => {
    await using cl = await setup({ worker: false, persistence_config: { storage } });
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
    const db = backend.driver.db as DriverDatabase;
    const { id } = await backend.createVolume(1, { admin_metadata: { z: '0' } });
    const [first, second] = await Promise.all([
      db.volumeAdminMetadataUpdate(id, { 10: '1' }),
      db.volumeAdminMetadataUpdate(id, { 2: '2' }),
      db.volumeAdminMetadataUpdate('nobody', {}).catch(() => {}),
      db.volumeAdminMetadataDelete(id, '10'),
      db.volumeAdminMetadataUpdate(id, { b: '3' }),
    ]);
    expect([first, second].map((each) => keysOf(each))).toStrictEqual([
      ['z', '10'],
      ['z', '10', '2'],
    ]);
    const { admin_metadata } = await cl.Volume.getById(id);
    expect(entriesOf(admin_metadata ?? {})).toStrictEqual([
      ['z', '0'],
      ['2', '2'],
      ['b', '3'],
    ]);
  });

  it('changes the admin metadata of a volume, even during its creation', async () => {
    await using cl = await setup({ worker: false, persistence_config: { storage } });
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
    const db = backend.driver.db as DriverDatabase;
    const volume = await backend.createVolume(1, { admin_metadata: { a: '1' } });
    expect(await db.volumeAdminMetadataUpdate(volume.id, { b: '2' })).toStrictEqual({ a: '1', b: '2' });
    await db.volumeAdminMetadataDelete(volume.id, 'a');
    expect(await db.volumeAdminMetadataGet(volume.id)).toStrictEqual({ b: '2' });
    for (const wrong of [null, 'text', [1]]) {
      const changing = db.volumeAdminMetadataUpdate(volume.id, wrong as never);
      await expect(changing).rejects.toMatchObject({ name: 'InvalidOption' });
    }
    await db.volumeAdminMetadataUpdate(volume.id, { c: '3' }, true);
    expect((await cl.Volume.getById(volume.id)).admin_metadata).toStrictEqual({ c: '3' });
    Reflect.get(backend.driver, 'answer').call(backend.driver, 'createVolume', async ({ id }: { id: string }) => {
      await db.volumeAdminMetadataUpdate(id, { made: 'now' });
      expect((await cl.persistence.getVolumes({ volume_id: id })).length).toBe(0);
    });
    const made = await backend.createVolume(1);
    expect((await cl.Volume.getById(made.id)).admin_metadata).toStrictEqual({ made: 'now' });
  });
});
