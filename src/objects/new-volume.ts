/** Creates the versioned object of a new volume, with the volume type that its specs call for. */
import { objectArgument } from '../arguments.ts';
import type { Dict } from '../cinder/dict.ts';
import { qosSpecsModel } from '../cinder/qos-specs.ts';
import { snapshotListModel } from '../cinder/snapshot.ts';
import { VersionedObject } from '../cinder/versioned-object.ts';
import { volumeModel } from '../cinder/volume.ts';
import { volumeAttachmentListModel } from '../cinder/volume-attachment.ts';
import { volumeTypeModel } from '../cinder/volume-type.ts';
import { InvalidOption, ValueError } from '../errors/index.ts';
import { kindOf } from '../shown.ts';
import type { Backend } from './backend.ts';
import { type FieldValues, newObject, withDisplayNames } from './new-object.ts';
import { wrongSize } from './size.ts';

export function newVolume(backend: Backend, given: FieldValues, pool: string | null | undefined): VersionedObject {
  const { settings } = backend.context;
  const { extra_specs, qos_specs, ...fields } = withDisplayNames(given);
  const ovo = newObject(volumeModel, {
    size: 1,
    user_id: settings.user_id,
    project_id: settings.project_id,
    status: 'creating',
    attach_status: 'detached',
    metadata: {},
    admin_metadata: {},
    glance_metadata: {},
    snapshots: emptyList(snapshotListModel),
    volume_attachment: emptyList(volumeAttachmentListModel),
    ...fields,
  });
  const size = ovo.get('size');
  if (Number(size) < 0) throw wrongSize(size);
  // A volume without a host would belong to no backend, and break every listing that includes it.
  if (!fields['host']) {
    ovo.set('host', `${settings.host}@${backend.id}#${pool || (backend.poolNames[0] ?? backend.id)}`);
  }
  addType(ovo, specs('extra_specs', extra_specs), specs('qos_specs', qos_specs));
  return ovo;
}

/** The fields that a clone takes over from its source volume, and the specs of its type. */
export function volumeFieldsFrom(source: VersionedObject): FieldValues {
  const ownToSource = new Set(['id', 'volume_attachment', 'snapshots', 'volume_type']);
  const fields: Record<string, unknown> = {};
  for (const { name } of source.model.fields) {
    const value = source.get(name);
    if (value !== undefined && !ownToSource.has(name)) fields[name] = value;
  }
  const type = source.child('volume_type');
  if (type !== null) {
    fields['extra_specs'] = type.get('extra_specs');
    fields['qos_specs'] = type.child('qos_specs')?.get('specs');
  }
  return fields;
}

/** Refuses anything that cannot be the name of a pool. */
export function checkPoolName(pool: unknown): asserts pool is string | null | undefined {
  if (pool == null || typeof pool === 'string') return;
  throw new InvalidOption(`pool_name must be a string, not ${kindOf(pool)}.`);
}

function emptyList(model: typeof snapshotListModel): VersionedObject {
  const list = new VersionedObject(model);
  list.restore('objects', []);
  return list;
}

function specs(name: string, value: unknown): Dict | null {
  if (value === null || value === undefined) return null;
  const specs = objectArgument(`${name} must be an object of strings`, value, ValueError);
  return Object.keys(specs).length > 0 ? specs : null;
}

/** A volume with specs gets a volume type of its own, whose id and name are the volume's id. */
function addType(ovo: VersionedObject, extraSpecs: Dict | null, qosSpecs: Dict | null): void {
  if (extraSpecs === null && qosSpecs === null) return;
  const id = ovo.get('id');
  const type = ovo.child('volume_type') ?? new VersionedObject(volumeTypeModel);
  if (!type.isSet('id')) {
    // Fields that were not given are null or empty rather than unset, so that dumps contain them.
    const start = { is_public: true, id, name: id, qos_specs_id: null, extra_specs: {}, qos_specs: null };
    for (const [name, value] of Object.entries(start)) type.set(name, value);
    ovo.set('volume_type_id', id);
  }
  if (extraSpecs !== null) type.set('extra_specs', extraSpecs);
  if (qosSpecs !== null) {
    const qos = new VersionedObject(qosSpecsModel);
    for (const [name, value] of Object.entries({ id, name: id, consumer: 'back-end', specs: qosSpecs })) {
      qos.set(name, value);
    }
    type.set('qos_specs', qos);
    type.set('qos_specs_id', id);
  }
  ovo.set('volume_type', type);
}
