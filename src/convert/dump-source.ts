/** What a JSON dump holds, as a source of a migration: of cinderlib, or of this library with key-values. */
import { isDict } from '../cinder/dict.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { InvalidDump } from '../errors/index.ts';
import { ListSource } from '../migrate/list-source.ts';
import { KeyValue } from '../objects/key-value.ts';
import { type Dumped, dumpedObject, readDump } from '../serialization/load.ts';

/** @throws {InvalidDump} and its like when it is no dump, or one whose secrets were masked */
export function dumpSource(value: unknown): ListSource {
  const objects = new Objects();
  const keyValues: KeyValue[] = [];
  for (const item of readDump(value).items) {
    if (item.class === 'KeyValue') keyValues.push(keyValueOf(item));
    else objects.add(item);
  }
  return new ListSource({ ...objects.content, keyValues, leftOut: [] });
}

function keyValueOf({ key, value }: Extract<Dumped, { readonly class: 'KeyValue' }>): KeyValue {
  // A text may be JSON that holds secrets.
  if (value === MASK || value?.includes(JSON.stringify(MASK))) throw masked(`the key ${JSON.stringify(key)}`);
  return new KeyValue(key, value);
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
    refuseMasked(ovo);
    found.set(id, { ovo, inside });
    const volume = ovo.child('volume');
    if (volume !== null) this.#keep(volume, true);
    for (const child of [...ovo.children('volume_attachment'), ...ovo.children('snapshots')]) this.#keep(child, true);
  }
}

/** What stands for a secret in what is meant for people. */
export const MASK = '***';

/** A dump that was made to be looked at would overwrite secrets with stars. */
function refuseMasked(ovo: VersionedObject): void {
  const fields = ['provider_auth', 'connection_info', 'metadata', 'admin_metadata'];
  if (!fields.some((field) => hasMask(ovo.get(field)))) return;
  throw masked(`${ovo.model.name} ${String(ovo.get('id'))}`);
}

function masked(what: string): InvalidDump {
  return new InvalidDump(
    `In the dump of ${what} secrets are masked as ${MASK}. Make the dump again with --show-secrets.`,
  );
}

function hasMask(value: unknown): boolean {
  if (value === MASK) return true;
  if (Array.isArray(value)) return value.some(hasMask);
  return isDict(value) && Object.values(value).some(hasMask);
}
