/** What every storage must do as a whole: listing, finding, key-values, dumps, concurrent writes. */
import { KeyValue } from '../persistence/key-value.ts';
import { assert, assertEqual, assertSame, rejectionOf } from './assertions.ts';
import { type ContractTest, ids } from './contract-test.ts';

export const storageTests: readonly ContractTest[] = [
  [
    'an empty storage lists nothing',
    async ({ persistence }) => {
      assertEqual(await persistence.getVolumes({}), []);
      assertEqual(await persistence.getSnapshots({}), []);
      assertEqual(await persistence.getConnections({}), []);
      assertEqual(await persistence.getKeyValues(), []);
    },
  ],
  [
    'getters return arrays, with and without a filter',
    async ({ persistence }, first) => {
      const volume = await first.createVolume(1);
      for (const filter of [{}, { volume_id: volume.id }, { volume_id: 'nobody' }]) {
        assert(Array.isArray(await persistence.getVolumes(filter)), 'getVolumes() gives an array');
      }
    },
  ],
  [
    'looking up an unknown id fails, and an unknown name gives an empty list',
    async (cl) => {
      assertEqual((await rejectionOf(cl.Volume.getById('nobody')))?.name, 'VolumeNotFound');
      assertEqual((await rejectionOf(cl.Snapshot.getById('nobody')))?.name, 'SnapshotNotFound');
      assertEqual((await rejectionOf(cl.Connection.getById('nobody')))?.name, 'ConnectionNotFound');
      assertEqual(await cl.Volume.getByName('nobody'), []);
    },
  ],
  [
    'key-values are set, replaced, found and deleted',
    async ({ persistence }) => {
      await persistence.setKeyValue(new KeyValue('b', '1'));
      await persistence.setKeyValue(new KeyValue('a', null));
      await persistence.setKeyValue(new KeyValue('b', '2'));
      const all = await persistence.getKeyValues();
      assertSame(
        all.map(({ key, value }) => `${key}=${value}`),
        ['b=2', 'a=null'],
      );
      assertEqual(
        (await persistence.getKeyValues('b')).map(({ value }) => value),
        ['2'],
      );
      await persistence.deleteKeyValue('b');
      await persistence.deleteKeyValue(new KeyValue('a', null));
      await persistence.deleteKeyValue('never there');
      assertEqual(await persistence.getKeyValues(), []);
    },
  ],
  [
    'loading a dump reproduces the same state',
    async (cl, first) => {
      const volume = await first.createVolume(1, {
        name: 'v',
        metadata: { 10: 'ten', 9: 'nine' },
        extra_specs: { e: '1' },
      });
      await volume.createSnapshot({ name: 's' });
      await volume.connect({ host: 'h' });
      await cl.refresh();
      const text = await cl.dumps();
      await cl.load(text, { save: true });
      await cl.refresh();
      assertEqual(JSON.parse(await cl.dumps()), JSON.parse(text));
    },
  ],
  [
    'iterate() yields what the getter returns',
    async (cl, first) => {
      for (let size = 1; size <= 5; size++) await first.createVolume(size);
      const found: string[] = [];
      for await (const volume of cl.Volume.iterate({ backend_name: 'first' })) found.push(volume.id);
      const listed = await cl.persistence.getVolumes({ backend_name: 'first' });
      assertEqual(
        found,
        listed.map(({ id }) => id),
      );
    },
  ],
  [
    'text in any script is kept to the letter',
    async (cl, first, _second, kept) => {
      const text = kept.text('näme \u0000 "\\ 東京 😀 \u2028');
      const volume = await first.createVolume(1, { name: text, metadata: { [text]: text } });
      const found = await cl.Volume.getById(volume.id);
      assertEqual([found.display_name, found.metadata], [text, { [text]: text }]);
    },
  ],
  [
    'concurrent writes are all stored',
    async (cl, first) => {
      const volumes = await Promise.all(Array.from({ length: 20 }, (_, n) => first.createVolume(1, { name: `v${n}` })));
      assertSame(ids(await cl.persistence.getVolumes({})), ids(volumes));
    },
  ],
];
