/** Plugins whose getters give something else than the library's objects: whatever reads them says which getter it was. */
import { InvalidPersistence, KeyValue, migrate, setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { NoteBook } from '../../examples/support/note-book.ts';

type Getter = 'getVolumes' | 'getSnapshots' | 'getConnections' | 'getKeyValues';

/** A plugin in JavaScript: no types keep it from returning anything. */
function returning(getter: Getter, value: unknown): typeof NoteBook {
  class Wrong extends NoteBook {}
  Object.defineProperty(Wrong.prototype, getter, { value: async () => value });
  return Wrong;
}

const record = { id: '4c5e9d7a-0a4f-4b0e-8a3e-0d5a5f6f7c11', display_name: 'a record', size: 1 };
const wrongs: readonly (readonly [what: string, value: unknown])[] = [
  ['plain records', [record]],
  ['one record instead of an array', record],
  ['nothing', undefined],
  ['null', null],
  ['an array with a hole', [undefined]],
];

type Storage = Parameters<typeof migrate>[0];
type Context = Awaited<ReturnType<typeof setup>>;
const backend = (cl: Context) =>
  cl.backend({ volume_backend_name: 'b', volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver' });
/** A volume as the storage gives it: a new one knows that it has no snapshots yet. */
const stored = async (cl: Context) => cl.Volume.getById((await (await backend(cl)).createVolume(1)).id);

const uses: readonly (readonly [string, Getter, (cl: Context) => Promise<unknown>])[] = [
  ['Volume.getById()', 'getVolumes', (cl) => cl.Volume.getById(record.id)],
  ['Volume.getByName()', 'getVolumes', (cl) => cl.Volume.getByName('a record')],
  ['Volume.iterate()', 'getVolumes', (cl) => cl.Volume.iterate()[Symbol.asyncIterator]().next()],
  ['backend.volumes()', 'getVolumes', async (cl) => (await backend(cl)).volumes()],
  ['migrate()', 'getVolumes', (cl) => migrate({ storage: cl.persistence }, { storage: 'memory' })],
  ['Snapshot.getById()', 'getSnapshots', (cl) => cl.Snapshot.getById(record.id)],
  ['volume.snapshots()', 'getSnapshots', async (cl) => (await stored(cl)).snapshots()],
  ['migrate()', 'getSnapshots', (cl) => migrate({ storage: cl.persistence }, { storage: 'memory' })],
  ['Connection.getById()', 'getConnections', (cl) => cl.Connection.getById(record.id)],
  ['volume.connections()', 'getConnections', async (cl) => (await stored(cl)).connections()],
  ['migrate()', 'getConnections', (cl) => migrate({ storage: cl.persistence }, { storage: 'memory' })],
];

describe.each(wrongs)('%s', (_, value) => {
  test.each(uses)('%s refuses what %s() gives', async (_use, getter, use) => {
    await using cl = await setup({ persistence_config: { storage: returning(getter, value) } });
    const error = await use(cl).then(
      (result) => expect.unreachable(`it gave ${JSON.stringify(result)}`),
      (reason: Error) => reason,
    );
    expect(error).toBeInstanceOf(InvalidPersistence);
    expect(error.message).toBe(
      `Wrong.${getter}() must return an array of the library's objects, as this.context.load() makes them.`,
    );
  });
});

describe.each<readonly [what: string, value: unknown]>([
  ['no array', new KeyValue('seen', '1')],
  ['nothing', undefined],
  ['null', null],
  ['an array with a hole', [undefined]],
  ['rows', [['seen', '1']]],
  ['a value that is no text', [{ key: 'seen', value: 1 }]],
  ['no value', [{ key: 'seen' }]],
])('key-values: %s', (_, value) => {
  test.each([
    ['from', (wrong: Storage) => migrate(wrong, { storage: 'memory' })],
    ['to', (wrong: Storage) => migrate({ storage: 'memory' }, wrong)],
  ])('migrate() %s the storage refuses them', async (_use, use) => {
    await using cl = await setup({ persistence_config: { storage: returning('getKeyValues', value) } });
    await expect(use({ storage: cl.persistence })).rejects.toThrow(
      new InvalidPersistence('Wrong.getKeyValues() must return an array of KeyValues.'),
    );
  });
});

test('a volume is refused where a snapshot is expected', async () => {
  await using other = await setup();
  const volume = await (await backend(other)).createVolume(1);
  await using cl = await setup({ persistence_config: { storage: returning('getSnapshots', [volume]) } });
  await expect(cl.Snapshot.getById(volume.id)).rejects.toThrow(InvalidPersistence);
});

test('a volume whose snapshots the storage cannot tell is not deleted', async () => {
  await using cl = await setup({ persistence_config: { storage: returning('getSnapshots', [record]) } });
  const volume = await (await backend(cl)).createVolume(1);
  await expect(volume.delete()).rejects.toThrow(InvalidPersistence);
  expect((await cl.Volume.getById(volume.id)).status).toBe('available');
});
