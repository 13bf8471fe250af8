/** What a stored object says differently, for storages whose objects each have their own copy of their type. */
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { DEFAULT_TYPE } from '../cinder/volume-type.ts';
import { saysTheSame } from '../migration-conflict.ts';
import type { FieldDifference } from './compare.ts';

/**
 * Leaves out the type `__DEFAULT__`: that is another one in each storage, in some even one for each volume, and an object
 * without a type has it too. Must be used for volumes before their snapshots.
 */
export class OtherFields {
  /** The ids of that type in the target. */
  readonly #ids = new Set<string>();

  /** @param ids the ids of that type in expected objects */
  in(
    differing: readonly FieldDifference[],
    expected: VersionedObject,
    stored: VersionedObject,
    ids: ReadonlySet<string>,
  ): readonly FieldDifference[] {
    const type = stored.child('volume_type');
    if (type?.get('name') === DEFAULT_TYPE) this.#ids.add(String(type.get('id')));
    const isDefault = isOfDefaultType(expected, ids) && isOfDefaultType(stored, this.#ids);
    return differing.filter(
      ({ field: { name, kind }, path, a, b }) =>
        !saysTheSame(name, kind === 'datetime', a, b) && !(isDefault && isOfTypeAlone(path)),
    );
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
