/** A driver's answer: the fields that it wants to be stored with the object. */
import { entriesOf, isDict } from '../cinder/dict.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { ValueError } from '../errors/index.ts';
import { kindOf } from '../shown.ts';

/**
 * Sets the fields that a driver returned, one after the other.
 * As in the original, names that are not fields are ignored: drivers return more than Cinder stores.
 *
 * @throws ValueError for an answer that has no fields, such as a path by itself, and for a different id: under it the
 *   object could not be found, or would be mistaken for another.
 * @returns Whether there was anything to set.
 */
export function applyModelUpdate(ovo: VersionedObject, modelUpdate: unknown): boolean {
  if (!modelUpdate) return false;
  if (!isDict(modelUpdate)) {
    throw new ValueError(`The driver returned ${kindOf(modelUpdate)}; an object with the fields to store is expected.`);
  }
  const fields = entriesOf(modelUpdate).filter(([name]) => ovo.model.index.has(name));
  const other = fields.find(([name, value]) => name === 'id' && value !== ovo.get('id'));
  if (other !== undefined) {
    throw new ValueError(
      `The driver returned a different id for ${ovo.model.name} ${ovo.get('id')}; ids cannot change.`,
    );
  }
  for (const [name, value] of fields) ovo.set(name, value);
  return fields.length > 0;
}
