/** `cl.changes()`: what it reports in every storage, and when it ends. */
import { join } from 'node:path';
import { type Change, ContextClosed, KeyValue, setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { NoteBook } from '../../../examples/support/note-book.ts';
import { inTemporaryFolder } from '../../support/golden.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

/** Collects the reported changes until the context is closed. */
async function collect(changes: AsyncIterable<Change>): Promise<string[]> {
  const told: string[] = [];
  for await (const { kind, id, action, here } of changes)
    told.push(`${action} ${kind} ${id}${here ? '' : ' elsewhere'}`);
  return told;
}

const storages: readonly [string, (folder: string) => Record<string, unknown>][] = [
  ['memory', () => ({ storage: 'memory' })],
  ['memory_db', () => ({ storage: 'memory_db' })],
  ['db', (folder) => ({ storage: 'db', connection: `sqlite:///${join(folder, 'cl.sqlite')}` })],
  ['a plugin', () => ({ storage: NoteBook })],
];

describe.each(storages)('changes() on %s', (_, config) => {
  test.each([true, false])('reports each object that is stored or deleted, with worker: %s', async (worker) => {
    await inTemporaryFolder(async (folder) => {
      const cl = await setup({ persistence_config: config(folder), worker });
      const told = collect(cl.changes());
      const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: driver });
      const volume = await backend.createVolume(1);
      const snapshot = await volume.createSnapshot();
      await snapshot.delete();
      await cl.persistence.setKeyValue(new KeyValue('k', 'v'));
      await cl.persistence.deleteKeyValue('k');
      await volume.delete();
      await cl.close();
      const lines = await told;
      // An operation stores an object several times, once per state: it is enough that each appears.
      expect([...new Set(lines)]).toEqual([
        `set volume ${volume.id}`,
        `set snapshot ${snapshot.id}`,
        `delete snapshot ${snapshot.id}`,
        'set key_value k',
        'delete key_value k',
        `delete volume ${volume.id}`,
      ]);
    });
  });
});

test('changes() reports no failed change, and each object of a load', async () => {
  const cl = await setup({ persistence_config: { storage: 'memory_db' } });
  const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: driver });
  const [one, two] = [await backend.createVolume(1), await backend.createVolume(1)];
  const told = collect(cl.changes());
  await expect(cl.persistence.setKeyValue(new KeyValue('k', '\ud800'))).rejects.toThrow();
  await cl.load([one.json(), two.json()], { save: true });
  await cl.close();
  expect(await told).toEqual([`set volume ${one.id}`, `set volume ${two.id}`]);
});

test('changes() continues after setPersistence(), and is refused by a closed context', async () => {
  const cl = await setup();
  const told = collect(cl.changes());
  await cl.persistence.setKeyValue(new KeyValue('a', '1'));
  const old = cl.persistence;
  await cl.setPersistence({ storage: 'memory_db' });
  await cl.persistence.setKeyValue(new KeyValue('b', '2'));
  await old.setKeyValue(new KeyValue('c', '3'));
  await cl.close();
  expect(await told).toEqual(['set key_value a', 'set key_value b']);
  expect(() => cl.changes()).toThrow(ContextClosed);
});
