/** Decides whether a migration may overwrite what the target has: only what is older, and nothing else. */
import { isDict, own } from '../cinder/dict.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { MigrationConflict } from '../errors/index.ts';
import { canonicalText, type FieldDifference, fieldDifferences, isSameMoment } from './compare.ts';
import { copyOfValue, type Item } from './item.ts';
import { DEFAULT_TYPE } from './target.ts';

/** Names an object in an error. */
type Named = Pick<Item, 'kind' | 'id'> | { readonly kind: 'volume type'; readonly id: string };

/**
 * Refuses to overwrite a different object that happens to have the same id, or a newer state of the same object.
 *
 * @throws {MigrationConflict}
 */
export function refuseConflict({ kind, id }: Named, given: VersionedObject, stored: VersionedObject): void {
  const [made, wasMade] = [given.get('created_at'), stored.get('created_at')];
  if (typeof made === 'string' && typeof wasMade === 'string' && !isSameMoment(made, wasMade)) {
    throw new MigrationConflict(kind, id, 'another object with this id');
  }
  const [changed, wasChanged] = [given.get('updated_at'), stored.get('updated_at')];
  if (typeof wasChanged !== 'string') return;
  if (typeof changed === 'string' ? wasChanged > changed : typeof made === 'string') {
    throw new MigrationConflict(kind, id, 'a newer version of it');
  }
}

/** @throws {MigrationConflict} for an object that differs from the source's, and that no time shows to be older */
export function refuseDifferent({ kind, id }: Named): never {
  throw new MigrationConflict(kind, id, 'a different version of it that is not older');
}

/** Whether the stored object was last changed before the given one was. */
export function isOlder(given: VersionedObject, stored: VersionedObject): boolean {
  const [changed, wasChanged] = [given.get('updated_at'), stored.get('updated_at')];
  if (typeof changed !== 'string' || typeof wasChanged !== 'string') return false;
  return wasChanged < changed && !isSameMoment(changed, wasChanged);
}

/** Whether the stored object is as it was created, and the given one was changed later, if every change records its time. */
export function isUntouched(given: VersionedObject, stored: VersionedObject): boolean {
  const times = [given.get('created_at'), given.get('updated_at'), stored.get('created_at')];
  return times.every((time) => typeof time === 'string') && typeof stored.get('updated_at') !== 'string';
}

/**
 * Compares objects with stored ones, without the type `__DEFAULT__`: that is another one in each storage, in some even
 * one for each volume, and an object without a type has it too. Must be used for volumes before their snapshots.
 */
export class OtherFields {
  /** The ids of that type in the target. */
  readonly #ids = new Set<string>();

  /** @param ids the ids of that type in expected objects */
  of(expected: VersionedObject, stored: VersionedObject, ids: ReadonlySet<string>): readonly (readonly string[])[] {
    const type = stored.child('volume_type');
    if (type?.get('name') === DEFAULT_TYPE) this.#ids.add(String(type.get('id')));
    const isDefault = isOfDefaultType(expected, ids) && isOfDefaultType(stored, this.#ids);
    return otherFields(expected, stored).filter((path) => !(isDefault && isOfTypeAlone(path)));
  }
}

function isOfDefaultType(object: VersionedObject, ids: ReadonlySet<string>): boolean {
  const type = object.child('volume_type');
  if (type !== null) return type.get('name') === DEFAULT_TYPE;
  const id = object.get('volume_type_id') || null;
  return id === null || ids.has(String(id));
}

/** Whether a field belongs to the type itself, and not to its specs. */
function isOfTypeAlone([name, part]: readonly string[]): boolean {
  return name === 'volume_type_id' || (name === 'volume_type' && part !== 'extra_specs' && part !== 'qos_specs');
}

/** The paths of the fields in which the stored object says something else, and not the same in another form. */
export function otherFields(expected: VersionedObject, stored: VersionedObject): readonly (readonly string[])[] {
  return fieldDifferences(expected, stored, () => {})
    .filter((difference) => !isSameOtherwise(difference))
    .map(({ path }) => path);
}

/** The mode of a connection that has none: every object made of such a connection has it filled in. */
const usualMode = 'rw';
/** The consumer of QoS specs that name none. */
const usualConsumer = 'back-end';

function isSameOtherwise({ field: { name }, a, b }: FieldDifference): boolean {
  switch (name) {
    case 'updated_at':
      // Times of changes are compared with each other.
      return true;
    case 'attach_mode':
      return (a ?? usualMode) === (b ?? usualMode);
    case 'volume_type_id':
      // Where there is no type, a storage fills one in.
      return !b;
    case 'consumer':
      return (a ?? usualConsumer) === (b ?? usualConsumer);
    case 'connection_info':
      return canonicalText(withMode(a)) === canonicalText(withMode(b));
    default:
      return false;
  }
}

function withMode(info: unknown): unknown {
  const copy = copyOfValue(info);
  const conn = isDict(copy) ? own(copy, 'conn') : undefined;
  const data = isDict(conn) ? own(conn, 'data') : undefined;
  if (isDict(data) && Object.keys(data).length > 0) data['access_mode'] ??= usualMode;
  return copy;
}
