/** What a driver finds in its `db`, which is that of the storage in use. */
import { registerVolumeDriver, type Volume, VolumeDriver } from 'cinderlib-wasm';
import { beforeEach, describe, expect, test } from 'vitest';
import { useContexts } from '../../support/use-contexts.ts';

const fake = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
const start = useContexts();

describe('the db of a driver', () => {
  /** The results of the driver's look-ups while it created volumes. */
  let found: unknown[];

  beforeEach(() => {
    found = [];
    registerVolumeDriver(
      'curious',
      class extends VolumeDriver {
        override getVolumeStats() {
          return { pools: [{ pool_name: 'pool' }] };
        }
        override async createVolume(volume: { readonly id: string }) {
          // The built-in storages provide this look-up.
          const db = this.db as { volumeGet(id: string): Promise<unknown> };
          found.push(await db.volumeGet(volume.id));
          return {};
        }
      },
    );
  });

  test.each(['memory', 'memory_db'])('finds the volume that is being created, on %s', async (storage) => {
    const { backend } = await start(storage, 'curious');
    const volume = await backend.createVolume(1);
    expect(found).toEqual([volume]);
    expect(found[0]).toBe(volume);
    expect(backend.volumesInFlight.size).toBe(0);
  });

  test('changes to that of the new storage with setPersistence()', async () => {
    const { cl, backend } = await start('memory', 'curious');
    const before = backend.driver.db;
    expect(before).toBe(cl.persistence.db);
    await cl.setPersistence({ storage: 'memory_db' });
    expect(backend.driver.db).toBe(cl.persistence.db);
    expect(backend.driver.db).not.toBe(before);
    const volume = await backend.createVolume(1);
    expect(found).toEqual([volume]);
  });

  test('changes to that of the new storage even for a backend that is still starting', async () => {
    let goOn = (): void => {};
    registerVolumeDriver(
      'slow',
      class extends VolumeDriver {
        override async doSetup() {
          await new Promise<void>((resolve) => {
            goOn = resolve;
          });
        }
        override getVolumeStats() {
          return { pools: [{ pool_name: 'pool' }] };
        }
      },
    );
    const { cl } = await start('memory_db');
    const starting = cl.backend({ volume_backend_name: 's', volume_driver: 'slow' });
    await expect.poll(() => String(goOn)).toContain('[native code]');
    await cl.setPersistence({ storage: 'memory_db' });
    goOn();
    expect((await starting).driver.db).toBe(cl.persistence.db);
  });

  test.each(['memory', 'memory_db'])('lists the volumes of a host and of its pools, on %s', async (storage) => {
    const { cl, backend } = await start(storage);
    await cl.backend({ volume_backend_name: 'b2', volume_driver: fake });
    const hosts = ['h@b', 'h@b#one', 'h@b#two', 'h@b2#one', 'other@b#one'];
    for (const host of hosts) await backend.createVolume(1, { host, name: host });
    // The built-in storages provide this look-up.
    const db = cl.persistence.db as { volumeGetAllByHost(host: string): Promise<readonly Volume[]> };
    const on = async (host: string) => (await db.volumeGetAllByHost(host)).map(({ name }) => name).sort();
    expect(await on('h@b')).toEqual(['h@b', 'h@b#one', 'h@b#two']);
    expect(await on('h@b#one')).toEqual(['h@b#one']);
    expect(await on('h')).toEqual([]);
  });
});
