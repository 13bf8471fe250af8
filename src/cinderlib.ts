/** A context: one storage, the backends on it, and everything that is done with them. */
import { ContextClosed, InvalidOption, OldStorageNotClosed } from './errors/index.ts';
import { givenSwitches } from './given.ts';
import { Backend, type BackendJson, type BackendOptions } from './objects/backend.ts';
import { checkBackendOptions } from './objects/backend-options.ts';
import { Connections, Snapshots, Volumes } from './objects/collections.ts';
import type { Context, ContextSettings, Restore } from './objects/context.ts';
import { KeyValue } from './objects/key-value.ts';
import { type Loaded, loadItems } from './objects/load.ts';
import { restoreInto } from './objects/restore.ts';
import { ChangeFeed } from './persistence/change-feed.ts';
import type { Change, PersistenceDriver } from './persistence/driver.ts';
import { openStorage } from './persistence/open-storage.ts';
import type { PlatformBlob } from './platform-blob.ts';
import { runtimeName } from './runtime.ts';
import { compact, jsonText } from './serialization/json-text.ts';
import { readDump } from './serialization/load.ts';

export type { Loaded };

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
      // The context may have gone over to another storage meanwhile.
      if (backend.driver.db !== db) backend.storageChanged(db);
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
    this.#refuseClosed();
    const dump = readDump(source);
    if (save) this.persistence.checkWritable();
    const read = await loadItems(this, dump, (described) => this.backend(described));
    if (save) {
      const keyValues = read.flatMap(({ loaded }) => (loaded instanceof KeyValue ? [loaded] : []));
      await this.persistence.setTogether(
        read.flatMap((item) => item.family()),
        keyValues,
      );
    }
    for (const item of read) item.adopt();
    const loaded = read.map((item) => item.loaded);
    const [single] = loaded;
    return dump.isList || single === undefined ? loaded : single;
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
   *
   * @throws OldStorageNotClosed when the new one is in use, and closing the old one failed.
   */
  setPersistence(config: unknown): Promise<void> {
    return this.#inTurn(async () => {
      const old = this.persistence;
      const next = await this.#makePersistence(config);
      if (next === old) return;
      const db = await openFor(this, next);
      this.#persistence = next;
      for (const backend of this.#backends.values()) backend.storageChanged(db);
      try {
        await old.close();
      } catch (error) {
        throw new OldStorageNotClosed(next.storageName, old.storageName, error);
      }
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
    this.#refuseClosed();
    return this.#changes.read();
  }

  /** Tells whoever reads {@link changes} of these: for storages. */
  reportChanges(changes: readonly Change[]): void {
    this.#changes.tell(changes);
  }

  /** The whole database as a SQLite file, consistent. Only for storages that are SQLite databases. */
  async exportDatabase(): Promise<PlatformBlob> {
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

  /** For what could do without the storage: a closed context says so, as everywhere. */
  #refuseClosed(): void {
    void this.persistence;
  }

  /** Changes of the storage go one after the other: two at once would leave one open that nobody knows. */
  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#turns.then(task);
    this.#turns = turn.catch(() => {});
    return turn;
  }

  async #json(show: (backend: Backend) => Promise<BackendJson>): Promise<BackendJson[]> {
    this.#refuseClosed();
    const backends: BackendJson[] = [];
    for (const backend of this.#backends.values()) backends.push(await show(backend));
    return backends;
  }
}

/** Opens a storage and gives what drivers look things up in, or closes it again. */
async function openFor(context: Context, persistence: PersistenceDriver): Promise<unknown> {
  await openStorage(persistence, context);
  try {
    return persistence.driverDatabase;
  } catch (error) {
    await persistence.close();
    throw error;
  }
}

function sameBackend(backend: Backend, options: BackendOptions): Backend {
  if (backend.isMadeOf(options)) return backend;
  throw new InvalidOption(`Backend named ${backend.id} already exists with a different configuration`);
}
