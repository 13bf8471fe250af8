/** What a save takes can be read again: one row that cannot would make every listing fail that it is in. */
import { describe, expect, test } from 'vitest';
import { maximumDepth } from '../../src/cinder/tree.ts';
import { setup, ValueError } from '../../src/index.ts';
import { nestedLists } from './serialization/nested.ts';

const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

async function connected(storage: string) {
  const cl = await setup({ worker: false, persistence_config: { storage } });
  const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
  const volume = await backend.createVolume(1, { extra_specs: { tier: 'gold' } });
  return { cl, volume, connection: await volume.connect({ host: 'client' }) };
}

describe.each(['memory', 'memory_db'])('in the storage %s', (storage) => {
  test('a list with holes is stored with nulls, and so it is dumped', async () => {
    const { cl, connection } = await connected(storage);
    // biome-ignore lint/suspicious/noSparseArray: a list without some of its items
    connection.connector = { list: [1, , 2] };
    await connection.save();
    const [found] = await cl.persistence.getConnections();
    expect(JSON.stringify(found?.connector)).toBe('{"list":[1,null,2]}');
    expect(JSON.parse(await cl.dumps())).toHaveLength(1);
    await cl.close();
  });

  test('values nested as deep as they may be are read again', async () => {
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

  test('an integer of more digits than are read is refused where it is assigned', async () => {
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

/** A value in so many lists. */
function nestedValue(depth: number, inside: unknown): unknown {
  let value = inside;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}
