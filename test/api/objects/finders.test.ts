/** Finding objects by id or name. */
import type { Backend, Cinderlib } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withPools } from '../../support/pooled-backend.ts';

describe.each(['memory', 'memory_db'])('on the storage %s', (storage) => {
  let cl: Cinderlib;
  let b: Backend;
  beforeEach(async () => {
    ({ cl, b } = await withPools(storage));
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
