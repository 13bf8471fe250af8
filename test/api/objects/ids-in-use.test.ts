/** Ids of objects that are stored or being created: no other object gets them, and no driver is called. */
import type { Backend, Cinderlib, FakeLoggingVolumeDriver } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withPools } from '../../support/pooled-backend.ts';

describe.each(['memory', 'memory_db'])('on the storage %s', (storage) => {
  let cl: Cinderlib;
  let b: Backend;
  beforeEach(async () => {
    ({ cl, b } = await withPools(storage));
  });
  afterEach(() => cl.close());

  test('createVolume() refuses an id in use before the driver is called', async () => {
    const vol = await b.createVolume(1, { name: 'first' });
    const fake = b.driver as FakeLoggingVolumeDriver;
    const calls = fake.calls.length;
    await expect(b.createVolume(2, { id: vol.id })).rejects.toMatchObject({ name: 'DuplicateEntry' });
    expect(fake.calls.length).toBe(calls);
    expect((await cl.Volume.getById(vol.id)).name).toBe('first');
  });

  test('clones, snapshots and connections refuse an id in use too', async () => {
    const [vol, other] = [await b.createVolume(1, { name: 'first' }), await b.createVolume(1, { name: 'other' })];
    const snap = await vol.createSnapshot({ name: 'first' });
    const conn = await vol.connect({ host: 'first' });
    const before = await cl.dumps();
    const fake = b.driver as FakeLoggingVolumeDriver;
    const calls = fake.calls.length;
    for (const call of [
      () => other.clone({ id: vol.id }),
      () => snap.createVolume({ id: other.id }),
      () => other.createSnapshot({ id: snap.id }),
      () => other.connect({ host: 'other' }, { id: conn.id }),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: 'DuplicateEntry' });
    }
    expect(fake.calls.length).toBe(calls);
    await cl.refresh();
    expect(await cl.dumps()).toBe(before);
  });

  test('of two concurrent creations with the same id, one is refused', async () => {
    const made = await Promise.allSettled(['one', 'two'].map((name) => b.createVolume(1, { id: 'both', name })));
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(made.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { name: 'DuplicateEntry' } });
    expect((await b.volumes()).length).toBe(1);
    expect((await cl.persistence.getVolumes()).length).toBe(1);
  });
});
