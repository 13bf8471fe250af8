/** The items of a migration: single objects, detached from their parents and children. */
import { copyOf } from '../cinder/copy-of.ts';
import { VersionedObject } from '../cinder/versioned-object.ts';

export type ItemKind = 'volume' | 'snapshot' | 'connection';

export interface Item {
  readonly kind: ItemKind;
  readonly id: string;
  /** Exclusive to the item: the target may keep and change it. */
  readonly ovo: VersionedObject;
}

const kinds: Readonly<Record<string, ItemKind>> = {
  Volume: 'volume',
  Snapshot: 'snapshot',
  VolumeAttachment: 'connection',
};

/** Fields that hold objects which are items of their own. */
const relatives = new Set(['snapshots', 'volume_attachment', 'volume']);

/** The item for an object that others may hold: a copy of it. */
export function itemOf(object: VersionedObject): Item {
  return item(copyOf(object, relatives));
}

/** The item for an object that was read just for this: the object itself. */
export function takenItem(object: VersionedObject): Item {
  for (const name of relatives) if (object.isSet(name)) object.unset(name);
  return item(object);
}

function item(ovo: VersionedObject): Item {
  const kind = kinds[ovo.model.name];
  if (kind === undefined) throw new TypeError(`A ${ovo.model.name} is not stored by itself.`);
  return { kind, id: String(ovo.get('id') ?? ''), ovo };
}

/** A shallow copy, whose fields can be replaced. */
export function shallowCopy(object: VersionedObject): VersionedObject {
  const copy = new VersionedObject(object.model, object.version);
  for (const [place, { name }] of object.model.fields.entries()) copy.restoreAt(place, object.get(name));
  return copy;
}

/** Replaces a field of a copy without marking it as changed. */
export function replaceField(object: VersionedObject, name: string, value: unknown): void {
  const place = object.model.index.get(name);
  if (place !== undefined) object.restoreAt(place, value);
}
