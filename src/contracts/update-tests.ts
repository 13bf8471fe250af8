/** What every storage must do with the fields of objects: keep them all, and update them all. */
import { assertEqual } from './assertions.ts';
import { assertUnmarked, type ContractTest } from './contract-test.ts';

const id = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;

const volumeFields = {
  name: 'a name',
  description: 'what for',
  availability_zone: 'zone',
  migration_status: 'success',
  scheduled_at: '2020-01-02T03:04:05.000000Z',
  launched_at: '2020-01-02T03:04:06.000000Z',
  terminated_at: '2020-01-02T03:04:07.000000Z',
  provider_id: 'id there',
  provider_location: 'here',
  provider_auth: 'CHAP user secret',
  provider_geometry: '512 512',
  source_volid: id(1),
  encryption_key_id: id(2),
  _name_id: id(3),
  multiattach: true,
  bootable: true,
  use_quota: false,
  shared_targets: false,
  replication_status: 'enabled',
  replication_extended_status: 'more',
  replication_driver_data: '{"a": 1}',
  previous_status: 'available',
  user_id: 'user',
  project_id: 'project',
  metadata: { k: 'v', 10: 'ten', 9: 'nine' },
  admin_metadata: { a: 'm' },
};

const snapshotFields = {
  name: 'a name',
  description: 'what for',
  user_id: 'user',
  project_id: 'project',
  use_quota: false,
  encryption_key_id: id(2),
  provider_location: 'here',
  provider_id: 'id there',
  provider_auth: 'CHAP user secret',
  metadata: { k: 'v', 10: 'ten', 9: 'nine' },
};

const connectionFields = {
  instance_uuid: id(4),
  attached_host: 'host',
  mountpoint: '/dev/vdb',
  attach_time: '2020-01-02T03:04:05.000000Z',
  detach_time: '2020-01-02T03:04:06.000000Z',
  attach_status: 'attached',
  attach_mode: 'ro',
};

/** Picks the properties of the object that the expected one names. */
function like(object: object, expected: object): Record<string, unknown> {
  return Object.fromEntries(Object.keys(expected).map((name) => [name, Reflect.get(object, name)]));
}

export const updateTests: readonly ContractTest[] = [
  [
    'every field of a volume is read as it was saved',
    async (cl, first, _second, kept) => {
      const volume = await first.createVolume(3, { ...volumeFields, extra_specs: { e: '1' } });
      const saved = kept.fields(volume);
      const found = await cl.Volume.getById(volume.id);
      assertEqual(like(found, volumeFields), volumeFields);
      assertEqual(kept.fields(found), saved);
    },
  ],
  [
    'every field of a snapshot is read as it was saved',
    async (cl, first, _second, kept) => {
      const snapshot = await (await first.createVolume(3)).createSnapshot(snapshotFields);
      const saved = kept.fields(snapshot);
      const found = await cl.Snapshot.getById(snapshot.id);
      assertEqual(like(found, snapshotFields), snapshotFields);
      assertEqual(kept.fields(found), saved);
    },
  ],
  [
    'every field of a connection is read as it was saved',
    async (cl, first, _second, kept) => {
      const connection = await (await first.createVolume(3)).connect(
        { host: 'h', wwpns: ['1', '2'] },
        connectionFields,
      );
      const saved = kept.fields(connection);
      const found = await cl.Connection.getById(connection.id);
      assertEqual(like(found, connectionFields), connectionFields);
      assertEqual(kept.fields(found), saved);
    },
  ],
  [
    'every field of a stored volume can be updated',
    async (cl, first, _second, kept) => {
      const volume = await first.createVolume(1);
      const changes = [
        { status: 'error', previous_status: 'available' },
        { provider_location: 'there', provider_auth: 'CHAP user other', provider_id: 'other' },
        { size: 7, host: 'contract@first#other', bootable: true },
        { display_name: 'new', display_description: null, admin_metadata: { a: 'n' } },
        { provider_location: null, provider_auth: null },
      ];
      for (const change of changes) {
        Object.assign(volume, change);
        await volume.save();
        const saved = kept.fields(volume);
        const found = await cl.Volume.getById(volume.id);
        assertEqual(like(found, change), change);
        assertEqual(kept.fields(found), saved);
      }
    },
  ],
  [
    'every field of a stored snapshot can be updated',
    async (cl, first, _second, kept) => {
      const snapshot = await (await first.createVolume(1)).createSnapshot();
      const changes = [
        { status: 'error' },
        { provider_location: 'there', provider_auth: 'CHAP user other', provider_id: 'other' },
        { display_name: 'new', display_description: 'why' },
        { metadata: { k: 'v' }, volume_size: 7 },
        { metadata: {}, provider_auth: null },
      ];
      for (const change of changes) {
        Object.assign(snapshot, change);
        await snapshot.save();
        const saved = kept.fields(snapshot);
        const found = await cl.Snapshot.getById(snapshot.id);
        assertEqual(like(found, change), change);
        assertEqual(kept.fields(found), saved);
      }
    },
  ],
  [
    'every field of a stored connection can be updated',
    async (cl, first, _second, kept) => {
      const connection = await (await first.createVolume(1)).connect({ host: 'h' });
      const device = { path: '/dev/sdb', type: 'block' };
      const changes = [
        { connection_info: { ...connection.connection_info, device } },
        { attach_status: 'attached', mountpoint: '/dev/vdb', attach_mode: 'ro' },
        { connector: { host: 'h', initiator: 'i' }, attached_host: 'h' },
        { attach_status: 'detached', mountpoint: null },
      ];
      for (const change of changes) {
        Object.assign(connection, change);
        await connection.save();
        const saved = kept.fields(connection);
        const found = await cl.Connection.getById(connection.id);
        // Creating a connection also writes the mode into the driver's answer.
        if (!('connection_info' in change)) assertEqual(like(found, change), change);
        else assertEqual(found.device, device);
        const { connection_info: _, ...others } = saved;
        assertEqual(like(kept.fields(found), others), others);
      }
    },
  ],
  [
    'attach() stores the device with the connection, and detach() removes it',
    async (cl, first) => {
      const volume = await first.createVolume(1);
      const connection = await volume.attach();
      const { path } = connection;
      assertEqual((await cl.Connection.getById(connection.id)).path, path);
      await connection.detach();
      assertEqual((await cl.Connection.getById(connection.id)).path, null);
    },
  ],
  [
    'an object that was looked up can be changed and saved',
    async (cl, first) => {
      const { id: volume_id } = await first.createVolume(1);
      const volume = await cl.Volume.getById(volume_id);
      const { id: snapshot_id } = await volume.createSnapshot();
      volume.provider_location = 'there';
      await volume.save();
      const snapshot = await cl.Snapshot.getById(snapshot_id);
      snapshot.provider_location = 'here';
      await snapshot.save();
      assertEqual((await cl.Volume.getById(volume_id)).provider_location, 'there');
      assertEqual((await cl.Snapshot.getById(snapshot_id)).provider_location, 'here');
    },
  ],
  [
    'a setter clears the marks of change',
    async ({ persistence }, first) => {
      const volume = await first.createVolume(1, { extra_specs: { e: '1' }, qos_specs: { q: '2' } });
      assertUnmarked(volume);
      volume.display_name = 'new';
      await persistence.setVolume(volume);
      assertUnmarked(volume);
      const snapshot = await volume.createSnapshot();
      assertUnmarked(snapshot);
      snapshot.display_name = 'new';
      await persistence.setSnapshot(snapshot);
      assertUnmarked(snapshot);
      const connection = await volume.connect({ host: 'h' });
      assertUnmarked(connection);
      connection.mountpoint = '/dev/vdb';
      await persistence.setConnection(connection);
      assertUnmarked(connection);
    },
  ],
  [
    'what a setter stored is found as soon as its promise resolves',
    async (cl, first) => {
      const volume = await first.createVolume(1);
      assertEqual((await cl.persistence.getVolumes({ volume_id: volume.id })).length, 1);
      volume.display_name = 'new';
      await cl.persistence.setVolume(volume);
      assertEqual((await cl.persistence.getVolumes({ volume_name: 'new' })).length, 1);
      const snapshot = await volume.createSnapshot();
      assertEqual((await cl.persistence.getSnapshots({ snapshot_id: snapshot.id })).length, 1);
      const connection = await volume.connect({ host: 'h' });
      assertEqual((await cl.persistence.getConnections({ connection_id: connection.id })).length, 1);
    },
  ],
];
