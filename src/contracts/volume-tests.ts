/** What every storage must do with volumes and their types. */
import { assertEqual, assertSame, rejectionOf } from './assertions.ts';
import { type ContractTest, ids } from './contract-test.ts';

export const volumeTests: readonly ContractTest[] = [
  [
    'a volume is read as it was saved',
    async (cl, first, _second, kept) => {
      const fields = { name: 'a name', description: 'what for', metadata: { k: 'v' }, admin_metadata: { a: 'm' } };
      const volume = await first.createVolume(3, fields);
      const found = await cl.Volume.getById(volume.id);
      assertEqual(
        [found.display_name, found.display_description, found.metadata, found.admin_metadata, found.size, found.status],
        ['a name', 'what for', { k: 'v' }, { a: 'm' }, 3, 'available'],
      );
      assertEqual(
        [kept.fields(found)['created_at'], found.host],
        [kept.fields(volume)['created_at'], 'contract@first#pool'],
      );
    },
  ],
  [
    'extra specs and QoS specs are read with their volume',
    async (cl, first) => {
      const volume = await first.createVolume(1, { extra_specs: { e: '1' }, qos_specs: { q: '2' } });
      const type = (await cl.Volume.getById(volume.id)).volume_type;
      assertEqual([type?.id, type?.extra_specs, type?.qos_specs?.specs], [volume.id, { e: '1' }, { q: '2' }]);
      assertEqual(type?.qos_specs?.consumer, 'back-end');
    },
  ],
  [
    'a volume with specs keeps its type through updates',
    async (cl, first) => {
      const volume = await first.createVolume(1, { extra_specs: { e: '1' }, qos_specs: { q: '2' } });
      await volume.extend(2);
      const found = await cl.Volume.getById(volume.id);
      assertEqual([found.size, found.volume_type_id, found.volume_type?.extra_specs], [2, volume.id, { e: '1' }]);
      assertEqual(found.volume_type?.qos_specs?.specs, { q: '2' });
    },
  ],
  [
    'save() stores a change',
    async (cl, first) => {
      const volume = await first.createVolume(1, { name: 'old' });
      volume.display_name = 'new';
      await volume.save();
      assertEqual((await cl.Volume.getById(volume.id)).display_name, 'new');
    },
  ],
  [
    'setting metadata replaces it as a whole: keys are removed, changed and added',
    async (cl, first) => {
      const volume = await first.createVolume(1, { metadata: { goes: '1', stays: '2', changes: '3' } });
      volume.metadata = { stays: '2', changes: '4', comes: '5' };
      await volume.save();
      assertEqual((await cl.Volume.getById(volume.id)).metadata, { stays: '2', changes: '4', comes: '5' });
      volume.metadata = { goes: '6' };
      await volume.save();
      assertEqual((await cl.Volume.getById(volume.id)).metadata, { goes: '6' });
    },
  ],
  [
    'saving an unchanged volume changes nothing',
    async (cl, first) => {
      const volume = await first.createVolume(1, { name: 'n', metadata: { k: 'v' }, extra_specs: { e: '1' } });
      const before = (await cl.Volume.getById(volume.id)).jsons();
      await (await cl.Volume.getById(volume.id)).save();
      await (await cl.Volume.getById(volume.id)).save();
      assertEqual((await cl.Volume.getById(volume.id)).jsons(), before);
    },
  ],
  [
    'volumes can be filtered by id, name and backend, alone and combined',
    async ({ persistence }, first, second) => {
      const a = await first.createVolume(1, { name: 'same' });
      const b = await second.createVolume(1, { name: 'same' });
      const c = await first.createVolume(1, { name: 'other' });
      const find = async (filter: Parameters<typeof persistence.getVolumes>[0]) =>
        ids(await persistence.getVolumes(filter));
      assertSame(await find({}), [a.id, b.id, c.id]);
      assertSame(await find({ volume_id: a.id }), [a.id]);
      assertSame(await find({ volume_name: 'same' }), [a.id, b.id]);
      assertSame(await find({ backend_name: 'first' }), [a.id, c.id]);
      assertSame(await find({ backend_name: 'first', volume_name: 'same' }), [a.id]);
      assertSame(await find({ backend_name: 'second', volume_id: a.id }), []);
    },
  ],
  [
    'empty filter values do not filter',
    async ({ persistence }, first) => {
      await first.createVolume(1);
      assertEqual((await persistence.getVolumes({ volume_id: '', volume_name: null })).length, 1);
    },
  ],
  [
    'a deleted volume is no longer found, and deleting it again is no error',
    async (cl, first) => {
      const { persistence } = cl;
      const volume = await first.createVolume(1, { extra_specs: { e: '1' } });
      await persistence.deleteVolume(volume);
      assertEqual([volume.deleted, volume.status, typeof volume.deleted_at], [true, 'deleted', 'string']);
      await persistence.deleteVolume(volume);
      assertEqual(await persistence.getVolumes({}), []);
      assertEqual((await rejectionOf(cl.Volume.getById(volume.id)))?.name, 'VolumeNotFound');
    },
  ],
];
