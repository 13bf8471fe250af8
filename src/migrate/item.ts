/** What is carried from one storage to another: single objects, free of their parents and children. */
import { isDict } from '../cinder/dict.ts';
import { copyTree } from '../cinder/tree.ts';
import { VersionedObject } from '../cinder/versioned-object.ts';

export type ItemKind = 'volume' | 'snapshot' | 'connection';

export interface Item {
  readonly kind: ItemKind;
  readonly id: string;
  /** A copy: whoever stores it may keep it and change it. */
  readonly ovo: VersionedObject;
}

const kinds: Readonly<Record<string, ItemKind>> = {
  Volume: 'volume',
  Snapshot: 'snapshot',
  VolumeAttachment: 'connection',
};

/** Objects that are items of their own, or hold this one. */
const relatives = new Set(['snapshots', 'volume_attachment', 'volume']);

export function itemOf(object: VersionedObject): Item {
  const kind = kinds[object.model.name];
  if (kind === undefined) throw new TypeError(`A ${object.model.name} is nothing that a storage stores by itself.`);
  return { kind, id: String(object.get('id') ?? ''), ovo: copyOf(object, relatives) };
}

/** A copy that shares nothing with the object. What the object has unset stays unset. */
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

/** Gives a field of a copy another value, as if it had always had it. */
export function replaceField(object: VersionedObject, name: string, value: unknown): void {
  const place = object.model.index.get(name);
  if (place !== undefined) object.restoreAt(place, value);
}
