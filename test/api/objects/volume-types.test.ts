/** The types of volumes in a database: shared, exchanged, and saved alone. */
import { type Backend, type Cinderlib, setup } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pooled } from '../../support/pooled-backend.ts';

describe('on a database', () => {
  let cl: Cinderlib;
  let b: Backend;
  beforeEach(async () => {
    cl = await setup({ persistence_config: { storage: 'memory_db' } });
    b = await cl.backend(pooled);
  });
  afterEach(() => cl.close());

  test('giving a volume the type of another leaves the specs of that type unchanged', async () => {
    const v = await b.createVolume(1, { extra_specs: { a: '1' } });
    const w = await b.createVolume(1, { extra_specs: { b: '2' } });
    w.volume_type_id = v.id;
    await w.save();
    for (const id of [v.id, w.id]) expect((await cl.Volume.getById(id)).volume_type?.extra_specs).toEqual({ a: '1' });
  });

  test('a volume with its own type can be given the default type', async () => {
    const plain = await b.createVolume(1);
    const typed = await b.createVolume(1, { extra_specs: { a: '1' } });
    typed.volume_type_id = plain.volume_type_id;
    await typed.save();
    expect(typed.volume_type?.name).toBe('__DEFAULT__');
    expect((await cl.Volume.getById(typed.id)).volume_type?.name).toBe('__DEFAULT__');
  });

  test('saving changed specs writes nothing but the specs', async () => {
    const { id } = await b.createVolume(1, { name: 'old', extra_specs: { e: '1' } });
    const [one, other] = [await cl.Volume.getById(id), await cl.Volume.getById(id)];
    other.display_name = 'new';
    await other.save();
    const type = one.volume_type;
    if (type !== null) type.extra_specs = { e: '2' };
    await one.save();
    const found = await cl.Volume.getById(id);
    expect([found.display_name, found.volume_type?.extra_specs]).toEqual(['new', { e: '2' }]);
  });
});
