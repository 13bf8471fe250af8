/** Values that a storage keeps, changes or refuses: key-values, null metadata, glance metadata. */
import { type Backend, type Cinderlib, KeyValue, setup } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pooled, withPools } from '../../support/pooled-backend.ts';

describe.each(['memory', 'memory_db'])('on the storage %s', (storage) => {
  let cl: Cinderlib;
  let b: Backend;
  beforeEach(async () => {
    ({ cl, b } = await withPools(storage));
  });
  afterEach(() => cl.close());

  test('a key-value accepts a string, a number or null, and nothing else', async () => {
    await cl.persistence.setKeyValue(new KeyValue('n', 5 as never));
    expect((await cl.persistence.getKeyValues('n'))[0]?.value).toBe('5');
    for (const value of [{ ip: 'x' }, ['x'], true]) {
      const set = cl.persistence.setKeyValue(new KeyValue('k', value as never));
      await expect(set).rejects.toMatchObject({ name: 'ValueError' });
    }
    expect(await cl.persistence.getKeyValues('k')).toEqual([]);
  });

  test('setting metadata to null removes it', async () => {
    const vol = await b.createVolume(1, { metadata: { a: '1' } });
    vol.metadata = null;
    await vol.save();
    expect((await cl.Volume.getById(vol.id)).metadata ?? {}).toEqual({});
  });
});

test('glance metadata is kept in memory and in dumps, and ignored by a database', async () => {
  for (const [storage, expected] of [
    ['memory', { os: 'x' }],
    ['memory_db', null],
  ] as const) {
    const cl = await setup({ persistence_config: { storage } });
    const b = await cl.backend(pooled);
    const vol = await b.createVolume(1);
    vol.glance_metadata = { os: 'x' };
    vol.display_name = 'new';
    await vol.save();
    expect(vol.jsons()).toContain('"glance_metadata":{"os":"x"}');
    const found = await cl.Volume.getById(vol.id);
    expect([found.display_name, found.glance_metadata]).toEqual(['new', expected]);
    await cl.close();
  }
});
