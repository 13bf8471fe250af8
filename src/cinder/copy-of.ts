/** Copies versioned objects. */
import { isDict } from './dict.ts';
import { copyTree } from './tree.ts';
import { VersionedObject } from './versioned-object.ts';

/** A deep copy, of which no field counts as changed. Unset fields stay unset. */
export function copyOf(object: VersionedObject, without: ReadonlySet<string> = new Set()): VersionedObject {
  const copy = new VersionedObject(object.model, object.version);
  for (const [place, { name }] of object.model.fields.entries()) {
    const value = object.get(name);
    if (value !== undefined && !without.has(name)) copy.restoreAt(place, copyOfValue(value));
  }
  return copy;
}

function copyOfValue(value: unknown): unknown {
  if (value instanceof VersionedObject) return copyOf(value);
  if (Array.isArray(value)) return value.map(copyOfValue);
  return isDict(value) ? copyTree(value) : value;
}
