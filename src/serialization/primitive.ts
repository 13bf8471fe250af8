/**
 * Converts versioned objects to the primitives found under `"ovo"` in dumps, and back.
 *
 * An object is printed once per document: wherever it occurs again, its key is omitted. That is how the original
 * breaks the cycles between volumes, snapshots and connections.
 */
import { type Dict, dict, entriesOf, isDict, own } from '../cinder/dict.ts';
import type { Field } from '../cinder/field.ts';
import { modelNamed } from '../cinder/models.ts';
import type { ObjectModel } from '../cinder/object-model.ts';
import { pythonStr, pythonType } from '../cinder/python-str.ts';
import { printTime } from '../cinder/time.ts';
import { copyTree } from '../cinder/tree.ts';
import { VersionedObject } from '../cinder/versioned-object.ts';
import { IncompatibleObjectVersion, InvalidDump, InvalidVersion, UnsupportedObjectError } from '../errors/index.ts';
import { shownPlain, shownText } from '../shown.ts';

/** The primitive of an object, without the objects that are already in `printed`. */
export function toPrimitive(object: VersionedObject, printed: Set<VersionedObject> = new Set()): Dict {
  printed.add(object);
  const data: Dict = {};
  for (const field of object.model.fields) {
    const value = object.get(field.name);
    if (value === undefined || (value instanceof VersionedObject && printed.has(value))) continue;
    data[field.name] = fieldPrimitive(field, value, printed);
  }
  return {
    'versioned_object.name': object.model.name,
    'versioned_object.namespace': 'cinder',
    'versioned_object.version': object.version,
    'versioned_object.data': data,
  };
}

function fieldPrimitive(field: Field, value: unknown, printed: Set<VersionedObject>): unknown {
  if (value instanceof VersionedObject) return toPrimitive(value, printed);
  if (field.kind === 'datetime' && typeof value === 'string') return printTime(value);
  if (typeof field.kind === 'object' && 'objects' in field.kind && Array.isArray(value)) {
    // One at a time: printing an element may print a later one nested in it.
    return value.flatMap((item: VersionedObject) => (printed.has(item) ? [] : [toPrimitive(item, printed)]));
  }
  return copyTree(value);
}

/** Rebuilds an object from its primitive; unknown fields are ignored. */
export function fromPrimitive(primitive: unknown): VersionedObject {
  const envelope = expectDict(primitive, 'a versioned object');
  const model = modelOf(envelope);
  const version = supportedVersion(model, required(envelope, 'versioned_object.version'));
  const data = expectDict(required(envelope, 'versioned_object.data'), `the data of a ${model.name}`);
  const object = new VersionedObject(model, version);
  for (const field of model.fields) {
    const value = own(data, field.name);
    if (value !== undefined) object.restore(field.name, nested(field, value));
  }
  markChanges(object, own(envelope, 'versioned_object.changes'));
  fillQuota(object);
  // Cinder creates a snapshot with empty metadata before it reads the dump.
  if (model.name === 'Snapshot' && !object.isSet('metadata')) object.fill('metadata', {});
  return object;
}

/** Replaces each envelope of a primitive with `{lower-cased name: data}`, like the original's `to_dict`. */
export function toPlainDict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlainDict);
  if (!isDict(value)) return value;
  const name = own(value, 'versioned_object.name');
  const data = own(value, 'versioned_object.data');
  if (typeof name === 'string' && data !== undefined) return { [name.toLowerCase()]: toPlainDict(data) };
  return dict(entriesOf(value).map(([key, item]) => [key, toPlainDict(item)] as const));
}

function modelOf(envelope: Dict): ObjectModel {
  const namespace = required(envelope, 'versioned_object.namespace');
  const name = required(envelope, 'versioned_object.name');
  if (namespace !== 'cinder')
    throw new UnsupportedObjectError(`${shownPlain(pythonStr(namespace))}.${shownPlain(pythonStr(name))}`);
  const model = typeof name === 'string' ? modelNamed(name) : undefined;
  if (model === undefined) throw new UnsupportedObjectError(shownPlain(pythonStr(name)));
  return model;
}

/** Cinder's rule: the same major version as ours, and a minor version that is not higher. */
function supportedVersion(model: ObjectModel, version: unknown): string {
  if (typeof version !== 'string') {
    throw new InvalidVersion(`Invalid version of ${model.name}: a string is expected, got '${pythonType(version)}'`);
  }
  const numbers = /^\s*v?(\d+(?:\.\d+)*)\s*$/.exec(version)?.[1]?.split('.').map(Number);
  if (numbers === undefined) throw new InvalidVersion(`Invalid version: ${shownText(version)}`);
  const [major = 0, minor = 0, ...rest] = numbers;
  const [ourMajor, ourMinor = 0] = model.version.split('.').map(Number);
  if (major !== ourMajor || minor > ourMinor || (minor === ourMinor && rest.some((part) => part > 0))) {
    throw new IncompatibleObjectVersion(model.name, version, model.version);
  }
  return version;
}

function nested(field: Field, value: unknown): unknown {
  if (typeof field.kind === 'string' || 'enum' in field.kind || value === null) return value;
  if ('object' in field.kind) return fromPrimitive(value);
  if (!Array.isArray(value)) {
    throw new InvalidDump(`A list is expected in ${field.name}, not a ${pythonType(value)}.`);
  }
  return value.map(fromPrimitive);
}

function markChanges(object: VersionedObject, changes: unknown): void {
  if (!Array.isArray(changes)) return;
  for (const name of changes) if (object.model.index.has(name)) object.markChanged(name);
}

/** Gives dumps that predate `use_quota` the value that Cinder's own upgrade sets. */
function fillQuota(object: VersionedObject): void {
  if (object.model.name === 'Snapshot' && !object.isSet('use_quota')) object.restore('use_quota', true);
  if (object.model.name !== 'Volume' || typeof object.get('use_quota') === 'boolean') return;
  const migration = object.get('migration_status');
  const metadata = object.get('admin_metadata');
  const migrationTarget = typeof migration === 'string' && migration.startsWith('target:');
  const temporary = isDict(metadata) && own(metadata, 'temporary') === 'True';
  object.restore('use_quota', !migrationTarget && !temporary);
}

function required(dictionary: Dict, key: string): unknown {
  const value = own(dictionary, key);
  if (value === undefined) throw new InvalidDump(`The key '${key}' is missing in a versioned object.`);
  return value;
}

function expectDict(value: unknown, what: string): Dict {
  if (isDict(value)) return value;
  throw new InvalidDump(`A dict is expected for ${what}, not a ${pythonType(value)}.`);
}
