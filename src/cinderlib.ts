/** The context: one storage, its backends, and the operations on them. */

import { booleanOptions } from './arguments.ts';
import { refuseAssignments } from './assignments.ts';
import { ContextClosed, InvalidOption, OldStorageNotClosed } from './errors/index.ts';
import { loaded } from './loaded.ts';
import { Backend, type BackendJson, type BackendOptions } from './objects/backend.ts';
import { checkBackendOptions } from './objects/backend-options.ts';
import { Connections, Snapshots, Volumes } from './objects/collections.ts';
import type { Context, ContextSettings, Restore } from './objects/context.ts';
import { type Loaded, loadItems, parentsFirst } from './objects/load.ts';
import { refuseArguments } from './objects/refuse-arguments.ts';
import { restoreInto } from './objects/restore.ts';
import { ChangeFeed } from './persistence/change-feed.ts';
import type { PersistenceConfig } from './persistence/config.ts';
import type { Change, PersistenceDriver } from './persistence/driver.ts';
import { KeyValue } from './persistence/key-value.ts';
import { closeStorage, openStorage } from './persistence/open-storage.ts';
import type { PlatformBlob } from './platform-blob.ts';
import { runtimeName } from './runtime.ts';
import { compact, jsonText } from './serialization/json-text.ts';
import { readDump } from './serialization/load.ts';
import { kindOf } from './shown.ts';
import { Turns } from './turns.ts';

export type { Loaded };

/** What `info()` returns. */
export interface ContextInfo {
  /** The runtime and its version, such as `node 20.20.2`. */
  readonly runtime: string;
  /** The name of the storage: `memory`, `memory_db`, `db`, or the class name of a plugin. */
  readonly storage: string;
  /**
   * Where the bytes are kept: `filesystem`, `indexeddb`, `opfs` or `memory`, or on a server `mysql` or `postgresql`;
   * null for `memory` and for plugins that do not tell.
   */
  readonly medium: string | null;
  /**
   * What acknowledged changes survive. `full`: a power cut. `relaxed`: the process; a power cut may lose the last
   * changes. `off`: the process; a power cut may lose changes or damage the database. `none`: nothing.
   * Null if the storage does not tell.
   */
  readonly durability: 'full' | 'relaxed' | 'off' | 'none' | null;
  /**
   * Whether the data is kept until it is deleted: true for files and servers, false for memory and for plugins that do
   * not tell; in browsers, whether the browser has promised not to evict it when space runs short.
   */
  readonly persisted: boolean;
  /** Whether this context writes to the database itself; false if it is read-only, or another tab writes for it. */
  readonly leader: boolean;
  /** Size of the database in bytes; null if unknown. */
  readonly size: number | null;
  /** The schema revision of the database; null for other storages. */
  readonly revision: string | null;
  /**
   * For a SQLite file. `held`: our locks keep native programs from writing to it. `seen`: only their locks are
   * respected. `none`: neither. Null for other storages. See docs/storage.md.
   */
  readonly native_locks: 'held' | 'seen' | 'none' | null;
  /** Whether the storage was opened with `read_only`. */
  readonly read_only: boolean;
  /** Version of the database engine, by name: `sqlite`, `mariadb`, `mysql` or `postgresql`; empty for other storages. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Creates the storage that a `persistence_config` describes. */
export type PersistenceMaker = (config: unknown) => Promise<PersistenceDriver>;

/**
 * A context: one storage, its backends, and the operations on them. Created by `setup`; contexts are independent of
 * each other. After `close()` its calls fail with `ContextClosed`.
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
  /** The options of `setup` that apply to objects, with their defaults. */
  readonly settings: ContextSettings;
  /** For storages: makes volumes, snapshots and connections from what they have read. */
  readonly restore: Restore;
  /** Stored volumes. */
  readonly Volume: Volumes;
  /** Stored snapshots. */
  readonly Snapshot: Snapshots;
  /** Stored connections. */
  readonly Connection: Connections;
  readonly #makePersistence: PersistenceMaker;
  readonly #backends = new Map<string, Backend>();
  /** Backends that are being set up, so that concurrent calls share one. */
  readonly #starting = new Map<string, Promise<Backend>>();
  readonly #changes = new ChangeFeed();
  #persistence: PersistenceDriver | null;
  /** Of opening and closing storages: two at once would leave one open with nothing to close it. */
  readonly #turns = new Turns();
  #closing: Promise<void> | null = null;

  static {
    refuseAssignments('context', Cinderlib);
    refuseArguments(Cinderlib, 'json', 'jsons', 'dump', 'dumps', 'exportDatabase', 'changes');
  }

  constructor(settings: ContextSettings, persistence: PersistenceDriver, makePersistence: PersistenceMaker) {
    this.settings = settings;
    this.#persistence = persistence;
    this.#makePersistence = makePersistence;
    this.restore = restoreInto(this);
    this.Volume = new Volumes(this);
    this.Snapshot = new Snapshots(this);
    this.Connection = new Connections(this);
  }

  /** The storage in use; `setPersistence` replaces it. Throws `ContextClosed` after `close()`. */
  get persistence(): PersistenceDriver {
    if (this.#persistence !== null) return this.#persistence;
    throw new ContextClosed('This context is closed. Call setup() for a new one.');
  }

  /** The initialised backends by name, in the order of their initialisation. */
  get backends(): ReadonlyMap<string, Backend> {
    return this.#backends;
  }

  /**
   * Returns the backend of that name. The first call initialises it; later calls return the same object.
   *
   * @throws InvalidOption when it exists with different options, or an option is wrong; VolumeDriverNotFound for an
   *   unknown driver; else what the driver threw while it was set up.
   */
  async backend(options: BackendOptions): Promise<Backend> {
    this.#refuseClosed();
    const given = checkBackendOptions(options);
    const { volume_backend_name: name } = given;
    const existing = this.#backends.get(name) ?? this.#starting.get(name);
    if (existing !== undefined) return sameBackend(await existing, given);
    const starting = Backend.start(this, given);
    this.#starting.set(name, starting);
    try {
      const backend = await starting;
      const { driverDatabase: db } = this.persistence;
      // The context may have switched to another storage meanwhile.
      if (backend.driver.db !== db) backend.storageChanged(db);
      this.#backends.set(name, backend);
      return backend;
    } finally {
      this.#starting.delete(name);
    }
  }

  /**
   * Makes objects from a dump: JSON text or its parsed value, holding one object or a list. Key-values, which the
   * command line dumps, become `KeyValue`.
   *
   * With `save` the objects are stored, parents first; those that exist already are updated. A dump that cannot be
   * read completely changes nothing; on a storage with transactions, a failed save stores nothing.
   */
  async load(source: readonly unknown[], options?: { save?: boolean }): Promise<Loaded[]>;
  async load(source: unknown, options?: { save?: boolean }): Promise<Loaded | Loaded[]>;
  async load(source: unknown, options: { save?: boolean } = {}): Promise<Loaded | Loaded[]> {
    const { save } = booleanOptions('load', options, { save: false });
    this.#refuseClosed();
    const dump = readDump(source);
    if (save) this.persistence.checkWritable();
    const read = await loadItems(this, dump, (described) => this.backend(described));
    if (save) {
      const keyValues = read.flatMap(({ loaded }) => (loaded instanceof KeyValue ? [loaded] : []));
      await this.persistence.setTogether(parentsFirst(read.flatMap((item) => item.toBeStored())), keyValues);
    }
    for (const item of read) item.show();
    const loaded = read.map((item) => item.loaded);
    const [single] = loaded;
    return dump.isList || single === undefined ? loaded : single;
  }

  /** The initialised backends and their volumes, with whatever is loaded of the volumes. */
  async json(): Promise<BackendJson[]> {
    return this.#json((backend) => backend.json());
  }

  /** {@link json} as text, identical to the text that Python's cinderlib produces. */
  async jsons(): Promise<string> {
    return jsonText(await this.json(), compact);
  }

  /** Like {@link json}, but loads the snapshots and connections of every volume first. */
  async dump(): Promise<BackendJson[]> {
    return this.#json((backend) => backend.dump());
  }

  /** {@link dump} as text. */
  async dumps(): Promise<string> {
    return jsonText(await this.dump(), compact);
  }

  /**
   * Switches to another storage, with every backend. Existing objects are stored there from now on, but nothing is
   * moved automatically. If the new storage cannot be opened, the old one stays in use.
   *
   * @throws OldStorageNotClosed when the switch succeeded but the old storage could not be closed.
   */
  setPersistence(config: PersistenceConfig): Promise<void> {
    return this.#turns.run(async () => {
      // Without one, setup() takes the storage in memory: here that would lose what is stored from now on.
      if (config === undefined || config === null) {
        throw new InvalidOption(`setPersistence() takes the configuration of a storage, not ${kindOf(config)}.`);
      }
      const old = this.persistence;
      const next = await this.#makePersistence(config);
      if (next === old) return;
      const db = await openFor(this, next);
      this.#persistence = next;
      for (const backend of this.#backends.values()) backend.storageChanged(db);
      try {
        await closeStorage(old);
      } catch (error) {
        throw new OldStorageNotClosed(next.storageName, old.storageName, error);
      }
    });
  }

  /**
   * Picks up what other programs changed in the storage, and reloads the volumes of every backend that has loaded
   * them. After a `DatabaseChanged`, it makes writing possible again.
   */
  async refresh(): Promise<void> {
    await this.persistence.refresh();
    for (const backend of this.#backends.values()) await backend.refresh();
  }

  /** Where the metadata is kept, and with which guarantees. */
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
   * Yields every change stored from now on, once it is durable: changes by this context and, where tabs share the
   * database, by all others. Ends when the context is closed or the loop is left.
   *
   * Deleting a volume is one change: the rows deleted with it are not listed.
   *
   * @throws ChangesMissed when the reader falls more than 10,000 changes behind, or one call has stored more.
   * @example
   * ```ts
   * for await (const { kind, id, action, here } of cl.changes()) console.log(kind, id, action, here);
   * ```
   */
  changes(): AsyncIterableIterator<Change> {
    this.#refuseClosed();
    return this.#changes.read();
  }

  /** For storages: passes these changes to all readers of {@link changes}. */
  reportChanges(changes: readonly Change[]): void {
    this.#changes.tell(changes);
  }

  /** A consistent copy of the whole database as a SQLite file. Throws `InvalidOption` for storages without one. */
  async exportDatabase(): Promise<PlatformBlob> {
    const { persistence } = this;
    const { DatabasePersistence } = await loaded(import('./persistence/with-core.ts'));
    if (!(persistence instanceof DatabasePersistence)) {
      throw new InvalidOption(
        `The storage '${persistence.storageName}' is not a SQLite database: there is no file to export.`,
      );
    }
    // `Blob` requires bytes backed by an ArrayBuffer, which is what the core sends.
    return new Blob([(await persistence.exportDatabase()) as Uint8Array<ArrayBuffer>], {
      type: 'application/vnd.sqlite3',
    });
  }

  /** Closes the context and its storage; everything acknowledged is stored. Later calls fail. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#turns.run(async () => {
      const persistence = this.#persistence;
      this.#persistence = null;
      try {
        if (persistence !== null) await closeStorage(persistence);
      } finally {
        this.#changes.end();
      }
    });
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** For calls that would not touch the storage: a closed context refuses them too. */
  #refuseClosed(): void {
    void this.persistence;
  }

  async #json(show: (backend: Backend) => Promise<BackendJson>): Promise<BackendJson[]> {
    this.#refuseClosed();
    const backends: BackendJson[] = [];
    for (const backend of this.#backends.values()) backends.push(await show(backend));
    return backends;
  }
}

/** Opens a storage and returns the database that drivers look things up in; closes the storage if that fails. */
async function openFor(context: Context, persistence: PersistenceDriver): Promise<unknown> {
  await openStorage(persistence, context);
  try {
    return persistence.driverDatabase;
  } catch (error) {
    await closeStorage(persistence);
    throw error;
  }
}

function sameBackend(backend: Backend, options: BackendOptions): Backend {
  if (backend.isMadeOf(options)) return backend;
  throw new InvalidOption(`Backend named ${backend.id} already exists with a different configuration`);
}
