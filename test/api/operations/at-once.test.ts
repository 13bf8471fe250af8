/** Overlapping operations on one volume or with one id: each ends as if it had run alone, and no export is lost. */
import {
  type Backend,
  type Cinderlib,
  type DriverVolume,
  type FakeLoggingVolumeDriver,
  registerVolumeDriver,
  setup,
  VolumeDriver,
} from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
/** Long enough for a race to show. */
const aWhile = () => new Promise<void>((resolve) => setTimeout(resolve, 20));

/** Exports that hosts need for a connection, like those of LVM. */
const exports = new Set<string>();

class ExportingDriver extends VolumeDriver {
  override getVolumeStats() {
    return {};
  }
  override createVolume() {}
  override async createExport(_context: null, { id }: DriverVolume) {
    const isThere = exports.has(id);
    await aWhile();
    if (exports.has(id) !== isThere) throw new Error('somebody else makes or removes the export');
    exports.add(id);
  }
  override async removeExport(_context: null, { id }: DriverVolume) {
    const db = this.db as { volumeAttachmentGetAllByVolumeId(id: string): Promise<readonly unknown[]> };
    const { length } = await db.volumeAttachmentGetAllByVolumeId(id);
    await aWhile();
    if (length === 0) exports.delete(id);
  }
  override initializeConnection({ id }: DriverVolume) {
    if (!exports.has(id)) throw new Error('it is not exported');
    return { driver_volume_type: 'none', data: {} };
  }
  override terminateConnection() {}
}

describe.each(['memory', 'memory_db'])('on the storage %s', (storage) => {
  let cl: Cinderlib;
  let backend: Backend;
  let fake: FakeLoggingVolumeDriver;
  beforeEach(async () => {
    cl = await setup({ persistence_config: { storage }, worker: false });
    backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
    fake = backend.driver as FakeLoggingVolumeDriver;
    fake.answer('extendVolume', aWhile);
  });
  afterEach(() => cl.close());

  const stored = async (id: string) => {
    const { status, previous_status, size } = await cl.Volume.getById(id);
    return [status, previous_status, size];
  };

  test('a volume that is extended twice at once is available again', async () => {
    const volume = await backend.createVolume(1);
    await Promise.all([volume.extend(2), volume.extend(3)]);
    expect(await stored(volume.id)).toEqual(['available', null, 3]);
  });

  test('a volume that is connected while it is extended is in use', async () => {
    const volume = await backend.createVolume(1);
    await Promise.all([volume.extend(2), volume.connect({ host: 'h' })]);
    expect(await stored(volume.id)).toEqual(['in-use', null, 2]);
  });

  test('a volume that is disconnected while it is extended is available', async () => {
    const volume = await backend.createVolume(1);
    const connection = await volume.connect({ host: 'h' });
    await Promise.all([volume.extend(2), volume.disconnect(connection)]);
    expect(await stored(volume.id)).toEqual(['available', null, 2]);
  });

  test('a volume that is refreshed while it is extended keeps its status', async () => {
    const volume = await backend.createVolume(1);
    await Promise.all([volume.extend(2), volume.refresh()]);
    expect(await stored(volume.id)).toEqual(['available', null, 2]);
    fake.answer('extendVolume', async () => {
      await aWhile();
      throw new Error('full');
    });
    await Promise.allSettled([volume.extend(3), volume.refresh()]);
    expect(await stored(volume.id)).toEqual(['error', 'available', 2]);
  });

  test('a volume that is deleted while it is extended is not stored again', async () => {
    const volume = await backend.createVolume(1);
    const extending = volume.extend(2);
    await volume.delete();
    await expect(extending).rejects.toMatchObject({ name: 'VolumeNotFound', resource: volume });
    await expect(volume.save()).rejects.toMatchObject({ name: 'VolumeNotFound' });
    expect(await cl.persistence.getVolumes()).toEqual([]);
  });

  test('operations that wait when the context is closed fail without calling the driver', async () => {
    const volume = await backend.createVolume(1);
    const connection = await volume.connect({ host: 'h' });
    const before = fake.calls.length;
    const operations = [
      volume.extend(2),
      volume.extend(3),
      volume.connect({ host: 'late' }),
      volume.disconnect(connection),
      volume.cleanup(),
    ];
    await cl.close();
    for (const { reason } of (await Promise.allSettled(operations)) as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ name: 'ContextClosed' });
    }
    expect(fake.calls.slice(before).map(({ method }) => method)).toEqual(['extendVolume']);
  });

  test('concurrent connects and disconnects keep the export as long as a host needs it', async () => {
    registerVolumeDriver('exporting', ExportingDriver);
    const exporting = await cl.backend({ volume_backend_name: 'e', volume_driver: 'exporting' });
    const volume = await exporting.createVolume(1);
    const other = await cl.Volume.getById(volume.id);
    const hosts = await Promise.all([volume, other, volume].map((object, n) => object.connect({ host: `${n}` })));
    for (let round = 0; round < 2; round++) {
      const leaving = hosts.splice(0).map((connection) => connection.disconnect());
      const [next] = await Promise.all([volume.connect({ host: 'next' }), ...leaving]);
      hosts.push(next);
      expect(exports.has(volume.id)).toBe(true);
      expect((await cl.Volume.getById(volume.id)).status).toBe('in-use');
    }
    await volume.disconnect(hosts[0] ?? expect.unreachable());
    expect([exports.has(volume.id), volume.status]).toEqual([false, 'available']);
  });

  test('of two concurrent snapshots or connections with the same id, one is refused', async () => {
    const [one, other] = [await backend.createVolume(1), await backend.createVolume(1)];
    fake.answer('createSnapshot', aWhile);
    fake.answer('createExport', aWhile);
    const before = fake.calls.length;
    for (const made of [
      await Promise.allSettled([one.createSnapshot({ id: 'both' }), other.createSnapshot({ id: 'both' })]),
      await Promise.allSettled([one.connect({}, { id: 'both' }), other.connect({}, { id: 'both' })]),
    ]) {
      expect(made[0]).toMatchObject({ status: 'fulfilled', value: { id: 'both' } });
      expect(made[1]).toMatchObject({ status: 'rejected', reason: { name: 'DuplicateEntry' } });
    }
    const calls = fake.calls.slice(before).map(({ method }) => method);
    expect(calls).toEqual(['createSnapshot', 'createExport', 'initializeConnection']);
    await expect(other.createSnapshot({ id: 'both' })).rejects.toMatchObject({ name: 'DuplicateEntry' });
    await (await one.snapshots())[0]?.delete();
    expect((await other.createSnapshot({ id: 'both' })).id).toBe('both');
  });

  test('concurrent calls of volume() of a snapshot return the same object', async () => {
    const { id } = await (await backend.createVolume(1)).createSnapshot();
    const snapshot = await cl.Snapshot.getById(id);
    const [one, other] = await Promise.all([snapshot.volume(), snapshot.volume()]);
    expect(one).toBe(other);
  });
});
