/** Compares an expected object with the stored one, field by field. */
import { entriesOf, isDict } from '../cinder/dict.ts';
import type { Field } from '../cinder/field.ts';
import { VersionedObject } from '../cinder/versioned-object.ts';
import { jsonText, spaced } from '../serialization/json-text.ts';
import type { Item } from './item.ts';
import type { Difference } from './report.ts';

/** Fields that make up an object besides its columns. */
const parts = new Set([
  'metadata',
  'admin_metadata',
  'volume_type',
  'extra_specs',
  'qos_specs',
  'specs',
  'consumer',
  'name',
]);
/** Fields that are read as null, whatever is in the rows. */
const unread = new Set(['projects', 'qos_specs_id']);
/** Fields that a storage fills in, or keeps, for an object that lacks them. */
const given = new Set([
  'created_at',
  'updated_at',
  'deleted',
  'bootable',
  'multiattach',
  'use_quota',
  'shared_targets',
  'is_public',
  'volume_type_id',
  'size',
  'volume_size',
  'consumer',
]);
/** Text fields that contain no secrets. Drivers put anything into the others: passwords, keys, URLs with either. */
const plainTexts = new Set([
  'user_id',
  'project_id',
  'cluster_name',
  'host',
  'availability_zone',
  'status',
  'migration_status',
  'previous_status',
  'replication_status',
  'service_uuid',
  'display_name',
  'name',
  'consumer',
  'attached_host',
  'attach_mode',
]);

/**
 * The fields in which the stored object differs from the expected one.
 *
 * @param onCoarseTime called with the field of each time that the storage keeps without fractional seconds
 */
export function differences(
  { kind, id }: Pick<Item, 'kind' | 'id'>,
  expected: VersionedObject,
  found: VersionedObject,
  onCoarseTime?: (field: string) => void,
): readonly Difference[] {
  return fieldDifferences(expected, found, onCoarseTime).map(({ path, field, a, b }) => {
    const text = (value: unknown): string | null => (isPlain(field) ? canonicalText(value) : null);
    return { kind, id, field: path.join('.'), source: text(a), target: text(b) };
  });
}

/** Whether the values of a field may be shown: not if it is free text or a dict of that. */
function isPlain({ name, kind }: Field): boolean {
  if (kind === 'string') return plainTexts.has(name);
  return typeof kind === 'object' || ['uuid', 'integer', 'boolean', 'datetime'].includes(kind);
}

/** A difference as the values themselves. */
export interface FieldDifference {
  /** The field at the end of the path. */
  readonly field: Field;
  readonly path: readonly string[];
  readonly a: unknown;
  readonly b: unknown;
}

export function fieldDifferences(
  expected: VersionedObject,
  found: VersionedObject,
  onCoarseTime: (field: string) => void = () => {},
): FieldDifference[] {
  return expected.model.fields.flatMap((field): FieldDifference[] => {
    const { name, column } = field;
    if (unread.has(name) || !(column || parts.has(name))) return [];
    const [a, b] = [expected.get(name) ?? null, found.get(name) ?? null];
    if (a instanceof VersionedObject && b instanceof VersionedObject) {
      const onInner = (inner: string): void => onCoarseTime(`${name}.${inner}`);
      return fieldDifferences(a, b, onInner).map((inner) => ({ ...inner, path: [name, ...inner.path] }));
    }
    // A volume without a type of its own gets the storage's default.
    if (a === null && (given.has(name) || name === 'volume_type')) return [];
    if (sameValue(field, a, b)) return [];
    if (isCoarse(field, a, b)) {
      onCoarseTime(name);
      return [];
    }
    return [{ field, path: [name], a, b }];
  });
}

function sameValue({ kind }: Field, a: unknown, b: unknown): boolean {
  if (a === b) return true;
  // Null means no metadata.
  if (kind === 'dictOfStrings' || kind === 'dictOfNullableStrings') {
    return canonicalText(a ?? {}) === canonicalText(b ?? {});
  }
  return canonicalText(a) === canonicalText(b);
}

/** Whether two times differ only because the database keeps whole seconds. */
function isCoarse({ kind }: Field, a: unknown, b: unknown): boolean {
  return kind === 'datetime' && typeof a === 'string' && b === a.replace(/\.\d{6}/, '.000000');
}

/** The text of a value, independent of the order of keys. */
function canonicalText(value: unknown): string {
  return jsonText(sorted(value), spaced);
}

function sorted(value: unknown): unknown {
  if (value instanceof VersionedObject) return String(value.get('id'));
  if (Array.isArray(value)) return value.map(sorted);
  if (!isDict(value)) return value;
  const entries = entriesOf(value).map(([key, inner]): [string, unknown] => [key, sorted(inner)]);
  return entries.sort(([one], [other]) => (one < other ? -1 : 1));
}
