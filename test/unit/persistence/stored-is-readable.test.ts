/** Everything that can be saved can be read again: one unreadable row would fail every listing that contains it. */
import { describe, expect, test } from 'vitest';
import { maximumDepth } from '../../../src/cinder/tree.ts';
import { KeyValue, setup, ValueError } from '../../../src/index.ts';
import { nestedLists } from '../serialization/nested.ts';

const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

async function connected(storage: string) {
  const cl = await setup({ worker: false, persistence_config: { storage } });
  const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
  const volume = await backend.createVolume(1, { extra_specs: { tier: 'gold' } });
  return { cl, volume, connection: await volume.connect({ host: 'client' }) };
}

describe.each(['memory', 'memory_db'])('on the storage %s', (storage) => {
  test('a list with holes is stored and dumped with nulls', async () => {
    const { cl, connection } = await connected(storage);
    // biome-ignore lint/suspicious/noSparseArray: a list without some of its items
    connection.connector = { list: [1, , 2] };
    await connection.save();
    const [found] = await cl.persistence.getConnections();
    expect(JSON.stringify(found?.connector)).toBe('{"list":[1,null,2]}');
    expect(JSON.parse(await cl.dumps())).toHaveLength(1);
    await cl.close();
  });

  test('an object without an id, which a dump may hold, is not stored', async () => {
    const { cl, volume } = await connected(storage);
    const dump = JSON.parse(volume.jsons());
    delete dump.ovo['versioned_object.data'].id;
    const refusal = { name: 'InvalidOption', message: expect.stringContaining('this Volume has none') };
    await expect(cl.load(dump, { save: true })).rejects.toMatchObject(refusal);
    expect((await cl.persistence.getVolumes()).map(({ id }) => id)).toEqual([volume.id]);
    await cl.close();
  });

  test('values with the maximum nesting are read again', async () => {
    const { cl, connection } = await connected(storage);
    // The connector itself is one of the 1001 levels.
    for (const value of [nestedLists(maximumDepth), nestedValue(maximumDepth, 1)]) {
      connection.connector = { value };
      await connection.save();
      const [found] = await cl.persistence.getConnections();
      expect(found?.connector).toStrictEqual({ value });
    }
    await cl.close();
  });

  test('changing a key-value that was read does not change what is stored', async () => {
    const { cl } = await connected(storage);
    await cl.persistence.setKeyValue(new KeyValue('k', 'old'));
    for (const key of ['k', null]) {
      const [found] = await cl.persistence.getKeyValues(key);
      Object.assign(found ?? {}, { value: 'new' });
      expect((await cl.persistence.getKeyValues('k')).map(({ value }) => value)).toStrictEqual(['old']);
    }
    await cl.close();
  });

  test('a text with a lone surrogate finds nothing and deletes nothing', async () => {
    const { cl } = await connected(storage);
    const { persistence } = cl;
    await persistence.setKeyValue(new KeyValue('k\ufffd', 'v'));
    const text = 'k\ud800';
    for (const filter of [{ volume_id: text }, { volume_name: text }, { backend_name: text }]) {
      expect(await persistence.getVolumes(filter)).toStrictEqual([]);
    }
    expect(await persistence.getSnapshots({ snapshot_id: text })).toStrictEqual([]);
    expect(await persistence.getConnections({ volume_id: text })).toStrictEqual([]);
    expect(await persistence.getKeyValues(text)).toStrictEqual([]);
    await persistence.deleteKeyValue(text);
    expect((await persistence.getKeyValues()).length).toBe(1);
    await expect(cl.Volume.getById(text)).rejects.toMatchObject({ name: 'VolumeNotFound' });
    await cl.close();
  });

  test('an integer with too many digits is refused when it is assigned', async () => {
    const { cl, connection } = await connected(storage);
    const connector = { value: [10n ** 4300n] };
    expect(() => Object.assign(connection, { connector })).toThrow(ValueError);
    connection.connector = { value: [10n ** 4300n - 1n] };
    await connection.save();
    const [found] = await cl.persistence.getConnections();
    expect(found?.connector).toStrictEqual({ value: [10n ** 4300n - 1n] });
    await cl.close();
  });
});

test('a change made in place in a dictionary of strings is coerced or refused by the next save', async () => {
  const { cl, volume } = await connected('memory_db');
  const found = async () => (await cl.persistence.getVolumes({ volume_id: volume.id }))[0] ?? expect.unreachable();
  volume.metadata = { a: '1' };
  Object.assign(volume.metadata, { n: 5 });
  await volume.save();
  expect((await found()).metadata).toStrictEqual({ a: '1', n: '5' });
  for (const value of [null, { x: 1 }, ['x'], () => 1]) {
    const whole = await found();
    Object.assign(whole.metadata ?? {}, { n: value });
    await expect(whole.save()).rejects.toBeInstanceOf(ValueError);
    expect((await found()).metadata).toStrictEqual({ a: '1', n: '5' });
  }
  const type = volume.volume_type ?? expect.unreachable();
  type.extra_specs = { tier: 'gold' };
  Object.assign(type.extra_specs, { tier: { x: 1 } });
  await expect(volume.save()).rejects.toBeInstanceOf(ValueError);
  Object.assign(type.extra_specs, { tier: null });
  await volume.save();
  expect((await found()).volume_type?.extra_specs).toStrictEqual({ tier: null });
  await cl.close();
});

/** A value nested in that many lists. */
function nestedValue(depth: number, inside: unknown): unknown {
  let value = inside;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}
