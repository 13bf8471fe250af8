/** Finding objects by id or name. */
import { type Backend, type Cinderlib, setup } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const options = {
  volume_backend_name: 'b',
  volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
  pools: ['p1', 'p2'],
};

describe.each(['memory', 'memory_db'])('on the storage %s', (storage) => {
  let cl: Cinderlib;
  let b: Backend;
  beforeEach(async () => {
    cl = await setup({ persistence_config: { storage }, host: 'h' });
    b = await cl.backend(options);
  });
  afterEach(() => cl.close());

  test('the finders can be passed on, like class methods in Python', async () => {
    const vol = await b.createVolume(1, { name: 'n' });
    const snap = await vol.createSnapshot({ name: 's' });
    const connection = await vol.connect({ host: 'c' });
    const found = await Promise.all([
      ...[vol.id].map(cl.Volume.getById),
      ...[snap.id].map(cl.Snapshot.getById),
      ...[connection.id].map(cl.Connection.getById),
    ]);
    expect(found.map(({ id }) => id)).toEqual([vol.id, snap.id, connection.id]);
    const named = await Promise.all([...['n'].map(cl.Volume.getByName), ...['s'].map(cl.Snapshot.getByName)]);
    expect(named.flat().map(({ id }) => id)).toEqual([vol.id, snap.id]);
    const { iterate } = cl.Volume;
    for await (const { id } of iterate({ backend_name: 'b' })) expect(id).toBe(vol.id);
  });

  test('getByName() finds the empty name, and refuses a missing one', async () => {
    const vol = await b.createVolume(1, { name: 'named' });
    for (const name of ['named', '']) await vol.createSnapshot({ name });
    expect(await cl.Volume.getByName('')).toEqual([]);
    expect((await cl.Snapshot.getByName('')).map(({ name }) => name)).toEqual(['']);
    for (const name of [undefined, null]) {
      await expect(cl.Volume.getByName(name as never)).rejects.toMatchObject({ name: 'InvalidOption' });
      await expect(cl.Snapshot.getByName(name as never)).rejects.toMatchObject({ name: 'InvalidOption' });
    }
  });
});
