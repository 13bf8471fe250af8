/** A context: one storage, the backends on it, and everything that is done with them. */
import { entriesOf, own } from './cinder/dict.ts';
import { BackendNotPresent, ContextClosed, InvalidDump, InvalidOption } from './errors/index.ts';
import { givenObject, givenSwitches } from './given.ts';
import { Backend, type BackendJson, type BackendOptions } from './objects/backend.ts';
import { Connections, Snapshots, Volumes } from './objects/collections.ts';
import type { Connection } from './objects/connection.ts';
import type { Context, ContextSettings, Restore } from './objects/context.ts';
import { KeyValue } from './objects/key-value.ts';
import { restoreInto } from './objects/restore.ts';
import type { Snapshot } from './objects/snapshot.ts';
import type { Volume } from './objects/volume.ts';
import { ChangeFeed } from './persistence/change-feed.ts';
import type { Change, PersistenceDriver, Storable } from './persistence/driver.ts';
import { runtimeName } from './runtime.ts';
import { compact, jsonText } from './serialization/json-text.ts';
import { type Dumped, dumpedObject, readDump } from './serialization/load.ts';
import { shown } from './shown.ts';

/** Anything that a dump can hold, as `load` gives it. */
export type Loaded = Backend | Volume | Snapshot | Connection | KeyValue;

/** One thing of a dump: what it is, what is to be stored of it, and what is to be done once all is stored. */
interface LoadedItem {
  readonly loaded: Loaded;
  readonly family: () => readonly Storable[];
  readonly adopt: () => void;
}

/** What `info()` tells. */
export interface ContextInfo {
  /** The runtime and its version, such as `node 20.20.2`. */
  readonly runtime: string;
  /** The name of the storage: `memory`, `memory_db`, `db` or the class of a plugin. */
  readonly storage: string;
  /** Where the bytes are; null when the storage has no medium of this library. */
  readonly medium: string | null;
  /** `full`: what is acknowledged survives a power cut. `off`: it survives the process. `none`: neither. */
  readonly durability: 'full' | 'relaxed' | 'off' | 'none' | null;
  /** Whether the browser has promised to keep the data when it needs room; false where there is no browser. */
  readonly persisted: boolean;
  /** Whether this context is the one that writes. */
  readonly leader: boolean;
  /** Bytes of the database. */
  readonly size: number | null;
  /** The schema revision of the database. */
  readonly revision: string | null;
  /**
   * Of a SQLite file: `held`, native programs are kept from writing to it; `seen`, their locks are respected;
   * `none`, neither. See docs/storage.md.
   */
  readonly native_locks: 'held' | 'seen' | 'none' | null;
  /** Whether the storage was opened with `read_only`. */
  readonly read_only: boolean;
  /** Versions of what works underneath, by name: `sqlite` for databases, none for other storages. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Makes a storage of a `persistence_config`. */
export type PersistenceMaker = (config: unknown) => Promise<PersistenceDriver>;

/**
 * A context: one storage, the backends on it, and everything that is done with them. `setup` makes it; several
 * know nothing of each other. After `close()` its calls fail with `ContextClosed`.
 *
 * @example
 * ```ts
 * const cl = await setup();
 * const lvm = await cl.backend({
 *   volume_backend_name: 'lvm',
 *   volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
 * });
 * await lvm.createVolume(1, { name: 'data' });
 * const [volume] = await cl.Volume.getByName('data');
 * await cl.close();
 * ```
 */
export class Cinderlib implements Context {
  /** The options of `setup` that objects go by, with their defaults. */
  readonly settings: ContextSettings;
  /** Makes volumes, snapshots and connections of what a storage has read: for storages. */
  readonly restore: Restore;
  /** Stored volumes. */
  readonly Volume: Volumes;
  /** Stored snapshots. */
  readonly Snapshot: Snapshots;
  /** Stored connections. */
  readonly Connection: Connections;
  readonly #makePersistence: PersistenceMaker;
  readonly #backends = new Map<string, Backend>();
  /** Backends that are being set up, so that two calls at once make one. */
  readonly #starting = new Map<string, Promise<Backend>>();
  readonly #changes = new ChangeFeed();
  #persistence: PersistenceDriver | null;
  #turns: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;

  constructor(settings: ContextSettings, persistence: PersistenceDriver, makePersistence: PersistenceMaker) {
    this.settings = settings;
    this.#persistence = persistence;
    this.#makePersistence = makePersistence;
    this.restore = restoreInto(this);
    this.Volume = new Volumes(this);
    this.Snapshot = new Snapshots(this);
    this.Connection = new Connections(this);
  }

  /** The storage in use; another one after `setPersistence`. Throws `ContextClosed` after `close()`. */
  get persistence(): PersistenceDriver {
    if (this.#persistence !== null) return this.#persistence;
    throw new ContextClosed('This context is closed. Call setup() for a new one.');
  }

  /** The backends that are initialised, by name, in the order in which they were. */
  get backends(): ReadonlyMap<string, Backend> {
    return this.#backends;
  }

  /**
   * The backend of that name: initialised at the first call, the same one at every other.
   *
   * @throws InvalidOption when it exists with other options.
   */
  async backend(options: BackendOptions): Promise<Backend> {
    const given = checkBackendOptions(options);
    const { volume_backend_name: name } = given;
    const existing = this.#backends.get(name) ?? this.#starting.get(name);
    if (existing !== undefined) return sameBackend(await existing, given);
    const starting = Backend.start(this, given);
    this.#starting.set(name, starting);
    try {
      const backend = await starting;
      this.#backends.set(name, backend);
      return backend;
    } finally {
      this.#starting.delete(name);
    }
  }

  /**
   * Makes objects of a dump: JSON text or the value of one, of one object or a list. Key-values, which the command
   * line dumps, become `KeyValue`.
   *
   * With `save` they are stored, parents first: objects that exist already are brought up to date. A dump
   * that cannot be read whole changes nothing; where the storage has transactions, a failure stores nothing.
   */
  async load(source: readonly unknown[], options?: { save?: boolean }): Promise<Loaded[]>;
  async load(source: unknown, options?: { save?: boolean }): Promise<Loaded | Loaded[]>;
  async load(source: unknown, options: { save?: boolean } = {}): Promise<Loaded | Loaded[]> {
    const { save } = givenSwitches('load', options, { save: false });
    const { isList, items } = readDump(source);
    const read: LoadedItem[] = [];
    for (const item of items) read.push(await this.#loadItem(item));
    if (save) {
      const keyValues = read.flatMap((item) => (item.loaded instanceof KeyValue ? [item.loaded] : []));
      await this.persistence.setTogether(
        read.flatMap(({ family }) => family()),
        keyValues,
      );
    }
    for (const { adopt } of read) adopt();
    const loaded = read.map((item) => item.loaded);
    const [single] = loaded;
    return isList || single === undefined ? loaded : single;
  }

  /** The initialised backends with their volumes, with what is loaded of them. */
  async json(): Promise<BackendJson[]> {
    return this.#json((backend) => backend.json());
  }

  /** The text of {@link json}: the very text that Python's cinderlib gives. */
  async jsons(): Promise<string> {
    return jsonText(await this.json(), compact);
  }

  /** As {@link json}, after loading the snapshots and connections of every volume. */
  async dump(): Promise<BackendJson[]> {
    return this.#json((backend) => backend.dump());
  }

  /** The text of {@link dump}. */
  async dumps(): Promise<string> {
    return jsonText(await this.dump(), compact);
  }

  /**
   * Goes over to another storage, with every backend. Objects that exist are stored there from now on;
   * nothing is moved by itself. When the new storage cannot be opened the old one stays in use.
   */
  setPersistence(config: unknown): Promise<void> {
    return this.#inTurn(async () => {
      const old = this.persistence;
      const next = await this.#makePersistence(config);
      if (next === old) return;
      const db = await openFor(this, next);
      this.#persistence = next;
      for (const backend of this.#backends.values()) backend.storageChanged(db);
      await old.close();
    });
  }

  /**
   * Takes what other programs changed in the storage, and reads the volumes of every backend again, where they
   * were read. After a `DatabaseChanged` it makes writing possible again.
   */
  async refresh(): Promise<void> {
    await this.persistence.refresh();
    for (const backend of this.#backends.values()) await backend.refresh();
  }

  /** Where the metadata is, and what is guaranteed of it. */
  async info(): Promise<ContextInfo> {
    const { persistence } = this;
    const storage = await persistence.info();
    return {
      runtime: runtimeName(),
      storage: persistence.storageName,
      medium: storage?.medium ?? null,
      durability: storage?.durability ?? null,
      persisted: storage?.persisted ?? false,
      leader: storage?.leader ?? true,
      size: storage?.size ?? null,
      revision: storage?.revision ?? null,
      native_locks: storage?.native_locks ?? null,
      read_only: storage?.read_only ?? false,
      versions: storage?.versions ?? {},
    };
  }

  /**
   * Every change that is stored from now on, once it is durable: by this context and, where tabs share the database,
   * by every other. It ends when the context is closed or the loop is left.
   *
   * Deleting a volume is one change: what went with it is not listed.
   *
   * @throws ChangesMissed when more than 10,000 changes wait, since nobody takes them.
   * @example
   * ```ts
   * for await (const { kind, id, action, here } of cl.changes()) console.log(kind, id, action, here);
   * ```
   */
  changes(): AsyncIterableIterator<Change> {
    // A closed context says so, as everywhere.
    void this.persistence;
    return this.#changes.read();
  }

  /** Tells whoever reads {@link changes} of these: for storages. */
  reportChanges(changes: readonly Change[]): void {
    this.#changes.tell(changes);
  }

  /** The whole database as a SQLite file, consistent. Only for storages that are SQLite databases. */
  async exportDatabase(): Promise<Blob> {
    const { persistence } = this;
    const { DatabasePersistence } = await import('./persistence/with-core.ts');
    if (!(persistence instanceof DatabasePersistence)) {
      throw new InvalidOption(
        `The storage '${persistence.storageName}' is no SQLite database: there is no file to export.`,
      );
    }
    // A Blob takes bytes of an ArrayBuffer, which is what the core sends.
    return new Blob([(await persistence.exportDatabase()) as Uint8Array<ArrayBuffer>], {
      type: 'application/vnd.sqlite3',
    });
  }

  /** Ends the context: what was acknowledged is stored, and nothing more can be asked of it. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#inTurn(async () => {
      const persistence = this.#persistence;
      this.#persistence = null;
      try {
        await persistence?.close();
      } finally {
        this.#changes.end();
      }
    });
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Changes of the storage go one after the other: two at once would leave one open that nobody knows. */
  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#turns.then(task);
    this.#turns = turn.catch(() => {});
    return turn;
  }

  async #json(show: (backend: Backend) => Promise<BackendJson>): Promise<BackendJson[]> {
    const backends: BackendJson[] = [];
    for (const backend of this.#backends.values()) backends.push(await show(backend));
    return backends;
  }

  async #loadItem(item: Dumped): Promise<LoadedItem> {
    const nothing = (): void => {};
    if (item.class === 'KeyValue') {
      return { loaded: new KeyValue(item.key, item.value), family: () => [], adopt: nothing };
    }
    const backend = await this.#dumpedBackend(item.backend);
    if (item.class === 'Backend') {
      const volumes: Volume[] = [];
      for (const volume of item.volumes) {
        if (volume.class === 'Volume') volumes.push(this.restore.volume(dumpedObject(volume), backend));
      }
      if (typeof backend === 'string') {
        throw new BackendNotPresent(backend, `Backend ${backend} is not initialised: only its volumes can be loaded.`);
      }
      const adopt = (): void => (volumes.length > 0 ? backend.replaceVolumes(volumes) : undefined);
      return { loaded: backend, family: () => volumes.flatMap((volume) => volume.family()), adopt };
    }
    const ovo = dumpedObject(item);
    if (item.class === 'Volume') {
      const volume = this.restore.volume(ovo, backend);
      return { loaded: volume, family: () => volume.family(), adopt: nothing };
    }
    const loaded =
      item.class === 'Snapshot' ? this.restore.snapshot(ovo, backend) : this.restore.connection(ovo, backend);
    return { loaded, family: () => [loaded], adopt: nothing };
  }

  /** The backend of a dump: an initialised one, one that is described in full, or a name. */
  async #dumpedBackend(config: Record<string, unknown>): Promise<Backend | string> {
    const name = own(config, 'volume_backend_name');
    if (typeof name !== 'string') throw new InvalidDump("The key 'volume_backend_name' is missing in a 'backend'.");
    const backend = this.#backends.get(name);
    if (backend !== undefined) return backend;
    if (Object.keys(config).length > 1) return this.backend(Object.fromEntries(entriesOf(config)) as BackendOptions);
    if (!this.settings.fail_on_missing_backend) return name;
    throw new BackendNotPresent(name);
  }
}

/** Opens a storage and gives its `db`, or closes it again. */
async function openFor(context: Context, persistence: PersistenceDriver): Promise<unknown> {
  await persistence.open(context);
  try {
    return persistence.db;
  } catch (error) {
    await persistence.close();
    throw error;
  }
}

function checkBackendOptions(options: BackendOptions): BackendOptions {
  const given = givenObject('cl.backend() takes an object with options', options);
  checkBackendName(neededText(given, 'volume_backend_name'));
  neededText(given, 'volume_driver');
  // Both names were seen to be texts.
  return given as BackendOptions;
}

function neededText(options: Readonly<Record<string, unknown>>, name: string): string {
  const value = options[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidOption(`A backend needs the option ${name}, a text; it was ${shown(value)}.`);
}

/** The name becomes part of hosts, `machine@backend#pool`, and must be found in them again. */
function checkBackendName(name: string): void {
  if (!/[@#]/.test(name)) return;
  throw new InvalidOption(`A backend's name cannot hold @ or #, which separate it from machine and pool: ${name}.`);
}

function sameBackend(backend: Backend, options: BackendOptions): Backend {
  if (backend.isMadeOf(options)) return backend;
  throw new InvalidOption(`Backend named ${backend.id} already exists with a different configuration`);
}
