/** A volume with everything that belongs to it, and its dump. */
import { qosSpecsModel } from '../../../src/cinder/qos-specs.ts';
import { snapshotListModel, snapshotModel } from '../../../src/cinder/snapshot.ts';
import { VersionedObject } from '../../../src/cinder/versioned-object.ts';
import { volumeModel } from '../../../src/cinder/volume.ts';
import { volumeAttachmentListModel, volumeAttachmentModel } from '../../../src/cinder/volume-attachment.ts';
import { volumeTypeModel } from '../../../src/cinder/volume-type.ts';

type Values = Readonly<Record<string, unknown>>;

export function made(model: VersionedObject['model'], values: Values): VersionedObject {
  const object = new VersionedObject(model);
  for (const [name, value] of Object.entries(values)) object.restore(name, value);
  return object;
}

export interface Family {
  readonly volume: VersionedObject;
  readonly type: VersionedObject;
  readonly snapshots: readonly [VersionedObject, VersionedObject];
  readonly attachment: VersionedObject;
}

/** A volume, its type with QoS specs, two snapshots and an attachment, which all know the volume. */
export function family(): Family {
  const qos_specs = made(qosSpecsModel, {
    id: 'q',
    name: 'q',
    consumer: 'both',
    specs: { total_iops_sec: '5', none: null },
  });
  const type = made(volumeTypeModel, {
    id: 't',
    name: 'gold',
    is_public: true,
    extra_specs: { a: null, '1': 'x' },
    qos_specs,
  });
  const volume = made(volumeModel, {
    id: 'v',
    use_quota: true,
    size: 2,
    display_name: 'Daten\ud83d',
    attach_status: 'attached',
    created_at: '2023-01-02T03:04:05.678901+02:00',
    metadata: { b: '1', a: '2' },
    volume_type: type,
  });
  const inVolume = { volume, volume_id: 'v', created_at: '2023-01-02T03:04:05Z' };
  const snapshot = (id: string) =>
    made(snapshotModel, {
      ...inVolume,
      id,
      use_quota: null,
      status: 'available',
      progress: 'lvm',
      volume_size: 2,
      metadata: {},
    });
  const snapshots = [snapshot('s1'), snapshot('s2')] as const;
  const attachment = made(volumeAttachmentModel, {
    ...inVolume,
    id: 'a',
    attach_status: 'attached',
    connection_info: { conn: { driver_volume_type: 'iscsi', data: { target_lun: 1, auth_password: 'p' } } },
    connector: { host: 'h', multipath: false },
  });
  volume.restore('snapshots', made(snapshotListModel, { objects: [...snapshots] }));
  volume.restore('volume_attachment', made(volumeAttachmentListModel, { objects: [attachment] }));
  return { volume, type, snapshots, attachment };
}

/** The envelope of an object of Cinder. */
export function envelope(name: string, version: unknown, data: unknown): Record<string, unknown> {
  return {
    'versioned_object.name': name,
    'versioned_object.namespace': 'cinder',
    'versioned_object.version': version,
    'versioned_object.data': data,
  };
}

/** The data of an envelope. */
export function dataOf(primitive: unknown): Record<string, unknown> {
  const data: unknown = Reflect.get(Object(primitive), 'versioned_object.data');
  // What is read here has been made by toPrimitive or by envelope().
  return data as Record<string, unknown>;
}
