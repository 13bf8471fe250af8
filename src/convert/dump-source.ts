/** What a JSON dump holds, as a source of a migration: of cinderlib, or of this library with key-values. */
import { isDict, own } from '../cinder/dict.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { InvalidDump } from '../errors/index.ts';
import { ListSource } from '../migrate/list-source.ts';
import { KeyValue } from '../objects/key-value.ts';
import { type Dumped, dumpedObject, readDump } from '../serialization/load.ts';

/** @throws {InvalidDump} and its like when it is no dump, or one whose secrets were masked */
export function dumpSource(value: unknown): ListSource {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  // Of a dump with a gap the gap is told; this is not one at all.
  if (all.length > 0 && !all.some((item) => isDict(item) && own(item, 'class') !== undefined)) {
    throw new InvalidDump(
      "This JSON is no dump of cinderlib: nothing in it has a 'class'. Nor is it what kubectl prints of ember-csi.",
    );
  }
  const objects = new Objects();
  const keyValues: KeyValue[] = [];
  for (const item of readDump(value).items) {
    if (item.class === 'KeyValue') keyValues.push(new KeyValue(item.key, item.value));
    else objects.add(item);
  }
  return new ListSource({ ...objects.content, keyValues, leftOut: [] });
}

/** Takes families apart. Who stands in the dump by himself counts more than who comes inside another. */
export class Objects {
  readonly #all = { Volume: new Map(), Snapshot: new Map(), VolumeAttachment: new Map() } as Readonly<
    Record<string, Map<string, { readonly ovo: VersionedObject; readonly inside: boolean }>>
  >;

  get content() {
    const list = (name: string): VersionedObject[] => [...(this.#all[name]?.values() ?? [])].map(({ ovo }) => ovo);
    return { volumes: list('Volume'), connections: list('VolumeAttachment'), snapshots: list('Snapshot') };
  }

  add(item: Dumped): void {
    if (item.class === 'KeyValue') return;
    if (item.class === 'Backend') for (const volume of item.volumes) this.add(volume);
    else this.#keep(dumpedObject(item), false);
  }

  #keep(ovo: VersionedObject, inside: boolean): void {
    const id = String(ovo.get('id') ?? '');
    const found = this.#all[ovo.model.name];
    if (found === undefined || (found.has(id) && (inside || found.get(id)?.inside === false))) return;
    found.set(id, { ovo, inside });
    const volume = ovo.child('volume');
    if (volume !== null) this.#keep(volume, true);
    for (const child of [...ovo.children('volume_attachment'), ...ovo.children('snapshots')]) this.#keep(child, true);
  }
}
