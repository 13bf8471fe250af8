/** Converts the changes of an object to the commands by which the persistence core saves them. */
import { type Dict, entriesOf, isDict } from '../cinder/dict.ts';
import { coerce, type Field } from '../cinder/field.ts';
import { hasMarks } from '../cinder/save-marks.ts';
import { toSqlTime } from '../cinder/time.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { InvalidQoSSpecs, ValueError } from '../errors/index.ts';
import type {
  Entries,
  RowChange,
  SingleWrite,
  SnapshotChange,
  SqlValue,
  VolumeChange,
  VolumeTypeChange,
} from '../rpc/contract.ts';
import { jsonText, spaced } from '../serialization/json-text.ts';

/**
 * The command that stores one object.
 *
 * @param rules `needs_volume` for a new snapshot or connection
 */
export function setCommand(ovo: VersionedObject, rules: Pick<RowChange, 'needs_volume'> = {}): SingleWrite {
  switch (ovo.model.name) {
    case 'Volume':
      return { kind: 'setVolume', change: volumeChange(ovo) };
    case 'Snapshot':
      return { kind: 'setSnapshot', change: { ...snapshotChange(ovo), ...rules } };
    default:
      return { kind: 'setConnection', change: { ...rowChange(ovo), ...rules } };
  }
}

/**
 * The command that stores an object from another storage: all of it, and only over an older state of the same object.
 *
 * @param withType whether to write the volume's type too
 */
export function carryCommand(ovo: VersionedObject, withType: boolean): SingleWrite {
  switch (ovo.model.name) {
    case 'Volume': {
      const { volume_type, ...change } = volumeChange(ovo);
      if (volume_type === undefined || !withType) return { kind: 'setVolume', change: { ...change, guarded: true } };
      return { kind: 'setVolume', change: { ...change, guarded: true, volume_type: withOrigin(volume_type, ovo) } };
    }
    case 'Snapshot':
      return { kind: 'setSnapshot', change: { ...snapshotChange(ovo), guarded: true } };
    default:
      return { kind: 'setConnection', change: { ...rowChange(ovo), guarded: true } };
  }
}

/** Adds the name and times that the QoS specs had in their source storage. */
function withOrigin(change: VolumeTypeChange, volume: VersionedObject): VolumeTypeChange {
  const qos = volume.child('volume_type')?.child('qos_specs');
  if (change.qos_specs === undefined || !qos) return change;
  const text = (field: string): string | null => {
    const value = qos.get(field);
    return typeof value === 'string' ? value : null;
  };
  const time = (field: string): string | null => {
    const value = text(field);
    return value === null ? null : toSqlTime(value);
  };
  const made = qos.isSet('created_at') ? { created_at: time('created_at') } : {};
  const origin = { name: text('name'), ...made, updated_at: time('updated_at') };
  return { ...change, qos_specs: { ...change.qos_specs, origin } };
}

function volumeChange(ovo: VersionedObject): VolumeChange {
  const type = ovo.child('volume_type');
  const row = rowChange(ovo, type !== null && hasMarks(type));
  const typeChange = type === null ? null : volumeTypeChange(type, row);
  return {
    ...row,
    ...metadata(ovo, row, 'metadata'),
    ...metadata(ovo, row, 'admin_metadata'),
    ...(typeChange === null ? {} : { volume_type: typeChange }),
  };
}

function snapshotChange(ovo: VersionedObject): SnapshotChange {
  const row = rowChange(ovo);
  return { ...row, ...metadata(ovo, row, 'metadata') };
}

/**
 * If nothing is marked as changed, all set fields are written, as if all had changed.
 *
 * @param changedBeside Whether something that belongs to the object has changed, even if none of its own fields has.
 */
function rowChange(ovo: VersionedObject, changedBeside = false): RowChange {
  const { changedFields } = ovo;
  const whole = changedFields.size === 0 && !changedBeside;
  return { id: String(ovo.get('id') ?? ''), values: columns(ovo, whole ? null : changedFields), whole };
}

function columns(ovo: VersionedObject, only: ReadonlySet<string> | null): Record<string, SqlValue> {
  const values: Record<string, SqlValue> = {};
  for (const field of ovo.model.fields) {
    if (!field.column || (only !== null && !only.has(field.name))) continue;
    const value = ovo.get(field.name);
    if (value !== undefined) values[field.name] = toSql(field, value);
  }
  return values;
}

function toSql(field: Field, value: unknown): SqlValue {
  if (value === null) return null;
  if (field.kind === 'datetime') return toSqlTime(String(value));
  // `connection_info` and `connector` are JSON in a text column.
  if (field.kind === 'dictOfAnything') return jsonText(value, spaced);
  if (typeof value === 'string') checkText(field.name, value);
  // The remaining fields are strings, integers and booleans; coercion has ensured the type of their values.
  return value as SqlValue;
}

/** Refuses text that no text column can hold. The message names only the field: the text may be a secret. */
function checkText(field: string, text: string): void {
  if (!text.isWellFormed()) {
    throw new ValueError(`The text in ${field} contains half of a surrogate pair, which no database can store.`);
  }
}

function metadata(
  ovo: VersionedObject,
  { whole }: RowChange,
  name: 'metadata' | 'admin_metadata',
): { readonly metadata?: Entries<string>; readonly admin_metadata?: Entries<string> } {
  const value = ovo.get(name);
  const assigned = ovo.changedFields.has(name);
  // Null means no metadata: assigning it removes what is stored.
  if (value === null && assigned) return { [name]: [] };
  if (!isDict(value) || !(whole || assigned)) return {};
  // A dump without metadata leaves the stored metadata alone.
  if (!assigned && ovo.isFilled(name) && entriesOf(value).length === 0) return {};
  // A dictOfStrings holds only strings.
  return { [name]: textsIn(ovo, name) as Entries<string> };
}

/**
 * The entries of a field that is a dict of strings. An edit in place bypassed the field's coercion, so it is coerced
 * here: anything but a string would be stored as null, and metadata with nulls cannot be read.
 */
function textsIn(ovo: VersionedObject, name: string): Entries<string | null> {
  const field = ovo.model.fields.find((one) => one.name === name);
  const value = field === undefined ? null : coerce(field, ovo.get(name));
  // Null and unset have no entries.
  const entries = isDict(value) ? entriesOf(value as Dict<string | null>) : [];
  for (const [key, text] of entries) checkText(`${name}[${key}]`, key + (text ?? ''));
  return entries;
}

function specsOf(qos: VersionedObject): Entries<string | null> {
  const specs = textsIn(qos, 'specs');
  // In the table it would take the place of the consumer.
  if (specs.every(([key]) => key !== 'consumer')) return specs;
  throw new InvalidQoSSpecs('No QoS spec can be named "consumer": that is who applies the others. Leave it out.');
}

/** The changes to write to the type that comes with the volume; null if there are none. */
function volumeTypeChange(type: VersionedObject, row: RowChange): VolumeTypeChange | null {
  const assigned = Object.hasOwn(row.values, 'volume_type_id');
  if (!assigned && !hasMarks(type)) return null;
  // A volume that was assigned another type is only linked to that; this is the type that it had before.
  if (assigned && row.values['volume_type_id'] !== type.get('id')) return null;
  const all = row.whole || assigned;
  const qos = type.child('qos_specs');
  const withSpecs = type.isSet('extra_specs') && (all || type.changedFields.has('extra_specs'));
  return {
    id: String(type.get('id')),
    values: columns(type, null),
    ...(withSpecs ? { extra_specs: textsIn(type, 'extra_specs') } : {}),
    ...(qos === null
      ? {}
      : {
          qos_specs: {
            id: String(qos.get('id')),
            consumer: String(qos.get('consumer') ?? 'back-end'),
            specs: specsOf(qos),
          },
        }),
  };
}
