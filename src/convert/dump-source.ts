/** A JSON dump as the source of a migration: written by cinderlib, or by this library with key-values. */
import { aboutItem } from '../about-item.ts';
import { isDict, own } from '../cinder/dict.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { InvalidDump } from '../errors/index.ts';
import { itemOf } from '../migrate/item.ts';
import { ListSource } from '../migrate/list-source.ts';
import { KeyValue } from '../persistence/key-value.ts';
import { compact, jsonText } from '../serialization/json-text.ts';
import { type Dumped, dumpedObject, elementName, readDump } from '../serialization/load.ts';
import { toPrimitive } from '../serialization/primitive.ts';

/** @throws {InvalidDump} and related errors if it is not a dump, or its secrets were masked */
export function dumpSource(value: unknown): ListSource {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  // For a dump with a missing part, the error names the part; this is not a dump at all.
  if (all.length > 0 && !all.some((item) => isDict(item) && own(item, 'class') !== undefined)) {
    throw new InvalidDump(
      "This JSON is neither a cinderlib dump (nothing in it has a 'class') nor kubectl's output for ember-csi.",
    );
  }
  const objects = new Objects();
  for (const [place, item] of readDump(value).items.entries()) {
    about(Array.isArray(value) ? elementName(place) : null, () => objects.add(item));
  }
  return new ListSource({ ...objects.content, leftOut: [] });
}

/**
 * Separates objects from those nested in them. A top-level object takes precedence over a nested one; two top-level
 * objects with the same id must be equal, since it is unclear which of them is meant.
 */
export class Objects {
  readonly #keyValues = new Map<string, KeyValue>();
  readonly #all = { Volume: new Map(), Snapshot: new Map(), VolumeAttachment: new Map() } as Readonly<
    Record<string, Map<string, { readonly ovo: VersionedObject; readonly inside: boolean }>>
  >;

  get content() {
    const list = (name: string): VersionedObject[] => [...(this.#all[name]?.values() ?? [])].map(({ ovo }) => ovo);
    const keyValues = [...this.#keyValues.values()];
    return { volumes: list('Volume'), connections: list('VolumeAttachment'), snapshots: list('Snapshot'), keyValues };
  }

  /** @throws {InvalidDump} if it has no id, or the id of a different object */
  add(item: Dumped): void {
    if (item.class === 'KeyValue') this.addKeyValue(new KeyValue(item.key, item.value));
    else if (item.class === 'Backend') for (const volume of item.volumes) this.add(volume);
    else this.#keep(dumpedObject(item), false);
  }

  addKeyValue(keyValue: KeyValue): void {
    const { key, value } = keyValue;
    const known = this.#keyValues.get(key);
    if (known !== undefined && known.value !== value) throw twice('key-value', key);
    this.#keyValues.set(key, keyValue);
  }

  #keep(ovo: VersionedObject, inside: boolean): void {
    const { name } = ovo.model;
    const found = this.#all[name];
    if (found === undefined) return;
    const id = String(ovo.get('id') ?? '');
    if (id === '') throw new InvalidDump(`A ${name} in the dump has no id to store it by.`);
    const known = found.get(id);
    if (known?.inside === false && !inside && textOf(known.ovo) !== textOf(ovo)) throw twice(name, id);
    if (known !== undefined && inside) return;
    if (known?.inside !== false) found.set(id, { ovo, inside });
    const volume = ovo.child('volume');
    if (volume !== null) this.#keep(volume, true);
    for (const child of [...ovo.children('volume_attachment'), ...ovo.children('snapshots')]) this.#keep(child, true);
  }
}

/** Names the part of a file that an error is about; null for the whole. */
export function about<T>(part: string | null, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw part === null ? error : aboutItem(error, part);
  }
}

/** The object alone as text, without its relatives, which need not be present both times. */
function textOf(ovo: VersionedObject): string {
  return jsonText(toPrimitive(itemOf(ovo).ovo), compact);
}

function twice(what: string, id: string): InvalidDump {
  return new InvalidDump(
    `The dump has two different versions of the ${what} ${JSON.stringify(id)}. Remove one of them.`,
  );
}
