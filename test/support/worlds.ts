/**
 * Pairs of storages whose objects have the same ids, in any relation that times and contents can have, and what a
 * migration from one to the other does: docs/migration.md once more, apart from the code.
 */
import {
  type Connection,
  type ConnectionFilter,
  KeyValue,
  PersistenceDriver,
  type Snapshot,
  type SnapshotFilter,
  type Volume,
  type VolumeFilter,
} from 'cinderlib-wasm';
import { modelNamed } from '../../src/cinder/models.ts';
import type { Random } from './random.ts';

/** One version of an object. Its times are whole seconds, which every database keeps. */
export interface Version {
  readonly made: string | null;
  readonly changed: string | null;
  readonly content: string;
}
interface TypeVersion extends Version {
  readonly id: string;
}
interface VolumeVersion extends Version {
  readonly type: TypeVersion | null;
}

/** What a storage contains: up to two volumes, a snapshot and a connection of the first one, and a key. */
export interface World {
  readonly volumes: ReadonlyMap<string, VolumeVersion>;
  readonly snapshots: ReadonlyMap<string, Version>;
  readonly connections: ReadonlyMap<string, Version>;
  readonly keys: ReadonlyMap<string, string>;
}

export const emptyWorld: World = { volumes: new Map(), snapshots: new Map(), connections: new Map(), keys: new Map() };

const usual = '2020-01-01T00:00:00Z';
const latest = '2022-01-01T00:00:00Z';
const contents = ['one', 'one', 'two'] as const;

function randomVersion(random: Random): Version {
  const made = random.pick([usual, usual, usual, usual, '2020-02-01T00:00:00Z', null]);
  return { made, changed: random.pick([null, '2021-01-01T00:00:00Z', latest]), content: random.pick(contents) };
}

/** Often the given version, or a later one of the same object. */
function versionLike(random: Random, version: Version = randomVersion(random)): Version {
  const { made, changed, content } = version;
  const choices = [
    { made, changed, content },
    { made, changed: latest, content: random.pick(contents) },
  ] as const;
  return random.pick([...choices, randomVersion(random)]);
}

/** @param like the world on the other side */
export function randomWorld(random: Random, prefix: string, withTypes: boolean, like: World = emptyWorld): World {
  const [first, second] = [`${prefix}a`, `${prefix}b`];
  const types = new Map<string, TypeVersion>();
  const volumes = new Map<string, VolumeVersion>();
  for (const id of [first, second]) {
    if (random.below(5) === 0) continue;
    const known = like.volumes.get(id);
    const typeId = withTypes ? random.pick([null, `${id} type`, `${id} type`, `${first} type`]) : null;
    // All volumes of a type see the same one.
    if (typeId !== null && !types.has(typeId)) {
      types.set(typeId, { ...versionLike(random, known?.type ?? undefined), id: typeId });
    }
    volumes.set(id, { ...versionLike(random, known), type: types.get(typeId ?? '') ?? null });
  }
  const child = (id: string, known: ReadonlyMap<string, Version>): ReadonlyMap<string, Version> =>
    new Map(volumes.has(first) && random.below(4) > 0 ? [[id, versionLike(random, known.get(id))]] : []);
  return {
    volumes,
    snapshots: child(`${prefix}s`, like.snapshots),
    connections: child(`${prefix}c`, like.connections),
    keys: new Map(random.below(4) > 0 ? [[`${prefix}k`, random.pick([...contents, ...contents, 'three'])]] : []),
  };
}

/** @param recordsTimes whether the target is a database, where every save leaves its time */
export function isConflict(given: Version, stored: Version, recordsTimes: boolean): boolean {
  // A storage that was given no time keeps its own.
  const hasSameTime = given.made === null || given.made === stored.made;
  if (!hasSameTime && stored.made !== null) return true;
  const isSame = hasSameTime && given.content === stored.content;
  if (given.changed === null) {
    // Nothing but times tells which one is newer, and of these there are none.
    const isNewer = stored.changed !== null && given.made !== null;
    return isNewer || !isSame;
  }
  if (stored.changed !== null && stored.changed > given.changed) return true;
  const isUntouched = recordsTimes && stored.changed === null && given.made !== null && stored.made !== null;
  const isOlder = isUntouched || (stored.changed !== null && stored.changed < given.changed);
  return !isSame && !isOlder;
}

/** Whether a migration is refused; for worlds without types. */
export function isRefused(from: World, to: World, recordsTimes: boolean): boolean {
  const all = ({ volumes, snapshots, connections }: World) => [...volumes, ...snapshots, ...connections];
  const there = new Map<string, Version>(all(to));
  return (
    all(from).some(([id, version]) => isConflict(version, there.get(id) ?? version, recordsTimes)) ||
    [...from.keys].some(([key, value]) => (to.keys.get(key) ?? value) !== value)
  );
}

type Fields = Readonly<Record<string, unknown>>;

function primitive(model: string, id: string, { made, changed }: Version, fields: Fields): Fields {
  return {
    'versioned_object.name': model,
    'versioned_object.namespace': 'cinder',
    'versioned_object.version': modelNamed(model)?.version,
    'versioned_object.data': { id, created_at: made, updated_at: changed, deleted: false, ...fields },
  };
}

function volumeFields({ content, type }: VolumeVersion): Fields {
  const fields = { display_name: content, metadata: { content }, size: 1, host: 'host@lvm#pool', status: 'available' };
  if (type === null) return fields;
  const text = { content: type.content };
  // In QoS specs, a database has no place for `deleted`.
  const qos = { name: type.id, consumer: 'back-end', specs: text, deleted: null };
  const qos_specs = primitive('QualityOfServiceSpecs', type.id, { ...type, made: usual }, qos);
  const specs = { extra_specs: text, qos_specs };
  const volume_type = primitive('VolumeType', type.id, type, { name: type.id, is_public: true, ...specs });
  return { ...fields, volume_type_id: type.id, volume_type };
}

/** A plugin that contains a world, as a source. */
export class WorldStorage extends PersistenceDriver {
  world = emptyWorld;

  override get db() {
    return null;
  }

  override async getVolumes({ volume_id }: VolumeFilter = {}) {
    return this.#load<Volume, VolumeVersion>('Volume', 'Volume', this.world.volumes, volume_id, volumeFields);
  }

  override async getSnapshots({ snapshot_id }: SnapshotFilter = {}) {
    const [[volume_id = '', { type = null } = {}] = []] = this.world.volumes;
    return this.#load<Snapshot>('Snapshot', 'Snapshot', this.world.snapshots, snapshot_id, ({ content }) => {
      const own = { volume_id, volume_size: 1, volume_type_id: type?.id ?? null, status: 'available', progress: 'lvm' };
      return { ...own, display_name: content, metadata: { content } };
    });
  }

  override async getConnections({ connection_id }: ConnectionFilter = {}) {
    const [[volume_id = ''] = []] = this.world.volumes;
    return this.#load<Connection>(
      'Connection',
      'VolumeAttachment',
      this.world.connections,
      connection_id,
      ({ content }) => ({ volume_id, attach_mode: 'rw', connection_info: { conn: { data: { content } } } }),
    );
  }

  override async getKeyValues() {
    return Array.from(this.world.keys, ([key, value]) => new KeyValue(key, value));
  }

  async #load<T extends Volume | Snapshot | Connection, V extends Version = Version>(
    className: string,
    model: string,
    versions: ReadonlyMap<string, V>,
    only: string | null | undefined,
    fields: (version: V) => Fields,
  ): Promise<T[]> {
    const wanted = [...versions].filter(([id]) => !only || id === only);
    const items = wanted.map(([id, version]) => ({
      class: className,
      backend: { volume_backend_name: 'lvm' },
      ovo: primitive(model, id, version, fields(version)),
    }));
    // The classes in the dump are those of the objects.
    return (await this.context.load(items)) as T[];
  }
}
