/** The marks of changed fields: cleared by a save that was stored, kept after one that was not. */
import type { Backend, Cinderlib } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOf } from '../../support/failure-of.ts';
import { withPools } from '../../support/pooled-backend.ts';
import { useContexts } from '../../support/use-contexts.ts';

/** Half of a surrogate pair: no database can store it. */
const loneSurrogate = '\ud800';
/** More than SQLite's 64-bit integers hold: the database itself refuses it. */
const tooBig = 2 ** 70;
const start = useContexts();

describe('the marks of change', () => {
  test('stay after a failed save, so that the next one writes everything', async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1, { extra_specs: { e: '1' } });
    volume.metadata = { k: 'v' };
    volume.provider_location = 'there';
    volume.display_name = loneSurrogate;
    await failureOf(volume.save());
    expect([...volume.ovo.changedFields].sort()).toEqual(['display_name', 'metadata', 'provider_location']);
    volume.display_name = 'good';
    await volume.save();
    const found = await cl.Volume.getById(volume.id);
    expect([found.name, found.metadata, found.provider_location]).toEqual(['good', { k: 'v' }, 'there']);
    expect(volume.ovo.changedFields.size).toBe(0);
  });

  test('of a volume and its type stay after the database refused a save', async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1, { extra_specs: { e: '1' }, qos_specs: { q: '2' } });
    const type = volume.ovo.child('volume_type');
    volume.metadata = { k: 'v' };
    type?.set('extra_specs', { e: '3' });
    volume.size = tooBig;
    await failureOf(volume.save());
    expect([...volume.ovo.changedFields].sort()).toEqual(['metadata', 'size']);
    expect([...(type?.changedFields ?? [])]).toEqual(['extra_specs']);
    volume.size = 2;
    volume.display_name = 'good';
    await volume.save();
    const found = await cl.Volume.getById(volume.id);
    expect([found.name, found.metadata, found.volume_type?.extra_specs]).toEqual(['good', { k: 'v' }, { e: '3' }]);
  });

  test('of a snapshot stay after the database refused a save', async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1);
    const snapshot = await volume.createSnapshot();
    snapshot.metadata = { k: 'v' };
    snapshot.provider_location = 'there';
    snapshot.volume_size = tooBig;
    await failureOf(snapshot.save());
    expect([...snapshot.ovo.changedFields].sort()).toEqual(['metadata', 'provider_location', 'volume_size']);
    snapshot.volume_size = 2;
    await snapshot.save();
    const found = await cl.Snapshot.getById(snapshot.id);
    expect([found.metadata, found.provider_location]).toEqual([{ k: 'v' }, 'there']);
  });

  test('stay on a type that was assigned during a save', async () => {
    const { cl, backend } = await start('memory_db');
    const [volume, other] = [await backend.createVolume(1), await backend.createVolume(1, { extra_specs: { e: '1' } })];
    // Without a type at first: the save is answered with the default type.
    volume.volume_type_id = null;
    const saving = volume.save();
    volume.volume_type_id = other.volume_type_id;
    await saving;
    expect([volume.volume_type_id, ...volume.ovo.changedFields]).toEqual([other.volume_type_id, 'volume_type_id']);
    await volume.save();
    expect((await cl.Volume.getById(volume.id)).volume_type_id).toBe(other.volume_type_id);
  });

  test.each(['memory', 'memory_db'])(
    'of a volume, its type and its QoS specs are cleared by a save, on %s',
    async (storage) => {
      const { backend } = await start(storage);
      const volume = await backend.createVolume(1, { extra_specs: { e: '1' }, qos_specs: { q: '2' } });
      const type = volume.ovo.child('volume_type');
      const objects = [volume.ovo, type, type?.child('qos_specs')];
      expect(objects.map((object) => object?.changedFields.size)).toEqual([0, 0, 0]);
      type?.set('extra_specs', { e: '3' });
      type?.child('qos_specs')?.set('specs', { q: '4' });
      volume.display_name = 'n';
      await volume.save();
      expect(objects.map((object) => object?.changedFields.size)).toEqual([0, 0, 0]);
    },
  );
});

describe.each(['memory', 'memory_db'])('on the storage %s', (storage) => {
  let cl: Cinderlib;
  let b: Backend;
  beforeEach(async () => {
    ({ cl, b } = await withPools(storage));
  });
  afterEach(() => cl.close());

  test('a field assigned during a save is stored by the next one', async () => {
    const vol = await b.createVolume(1);
    vol.display_name = 'first';
    const saving = vol.save();
    vol.display_description = 'second';
    await saving;
    expect([...vol.ovo.changedFields]).toEqual(['display_description']);
    await vol.save();
    const found = await cl.Volume.getById(vol.id);
    expect([found.display_name, found.display_description]).toEqual(['first', 'second']);
  });
});
