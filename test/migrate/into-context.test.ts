/** A migration into the storage of an open context: what it stores there are objects of that context. */
import { type Cinderlib, migrate, setup, type Volume } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { NoteBook } from '../../examples/support/note-book.ts';

const backend = (cl: Cinderlib, name: string) =>
  cl.backend({ volume_backend_name: name, volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver' });

/** A context with a volume, its snapshot and its connection on one backend, and a volume on another. */
async function filled(): Promise<Cinderlib> {
  const cl = await setup({ persistence_config: { storage: 'memory_db' }, worker: false });
  const volume = await (await backend(cl, 'f')).createVolume(1, { name: 'orig' });
  await volume.createSnapshot({ name: 'of orig' });
  await volume.connect({ host: 'node-1' });
  const other = await (await backend(cl, 'g')).createVolume(1, { name: 'elsewhere' });
  await other.createSnapshot({ name: 'of elsewhere' });
  return cl;
}

async function named(cl: Cinderlib, name: string): Promise<Volume> {
  const [volume] = await cl.Volume.getByName(name);
  if (volume === undefined) throw new Error(`there is no ${name}`);
  return volume;
}

test.each([
  ['memory', () => 'memory', true],
  ['memory_db', () => 'memory_db', false],
  ['a plugin', () => new NoteBook(), false],
])('volumes migrated into an open context work in it: %s', async (_, storage, fail_on_missing_backend) => {
  const source = await filled();
  const cl = await setup({ persistence_config: { storage: storage() }, worker: false, fail_on_missing_backend });
  const f = await backend(cl, 'f');
  const report = await migrate({ storage: source.persistence }, { storage: cl.persistence });
  expect(report).toMatchObject({ volumes: 2, snapshots: 2, connections: 1, differences: [] });
  await source.close();
  const volume = await named(cl, 'orig');
  expect(volume.context).toBe(cl);
  expect(volume.backend).toBe(f);
  volume.name = 'renamed';
  await volume.save();
  await volume.refresh();
  expect((await volume.snapshots()).map(({ name, context }) => [name, context === cl])).toEqual([['of orig', true]]);
  expect((await volume.connections()).map(({ context }) => context === cl)).toEqual([true]);
  expect(JSON.parse(await volume.dumps())).toMatchObject({ class: 'Volume' });
  await volume.extend(2);
  await (await volume.connections())[0]?.disconnect();
  for (const snapshot of await volume.snapshots()) await snapshot.delete();
  await volume.delete();
  expect(await cl.persistence.getVolumes()).toHaveLength(1);
  const elsewhere = await cl.persistence.getVolumes({ volume_name: 'elsewhere' });
  expect(elsewhere.map((one) => [one.backend, one.context === cl])).toEqual([['g', true]]);
  expect((await cl.persistence.getSnapshots()).map((one) => [one.backend, one.context === cl])).toEqual([['g', true]]);
  await cl.close();
});
