/** `setup`: from options to a context. */
import { Cinderlib } from './cinderlib.ts';
import { readable } from './given.ts';
import { setupConfig } from './options.ts';
import type { PersistenceClass, PersistenceDriver } from './persistence/driver.ts';
import { openStorage } from './persistence/open-storage.ts';
import { makePersistence } from './persistence/registry.ts';
import type { PlatformBlob } from './platform-blob.ts';
import type { AnyWorker } from './rpc/any-worker.ts';
import type { CoreClient } from './rpc/client.ts';
import { hostName } from './runtime.ts';

/** Editors offer the names. Any text is taken, for the type of a configuration that was put together is no narrower. */
type Medium = 'filesystem' | 'indexeddb' | 'opfs' | (string & Record<never, never>);

/** Where the metadata is kept. */
export interface PersistenceConfig {
  /** `memory` (the default), `memory_db`, `db`, a registered name, a module, a class or an instance. */
  readonly storage?: string | PersistenceClass | PersistenceDriver | null;
  /** For `db`: a SQLAlchemy URL, such as `sqlite:///cl.sqlite`. */
  readonly connection?: string;
  /** For `db` with SQLite: where the file is kept; in browsers `indexeddb` unless given, elsewhere `filesystem`. */
  readonly medium?: Medium;
  /** For `db`: whether deleted rows are kept and marked. */
  readonly soft_deletes?: boolean;
  /** For `db`: whether each change waits for the disk. */
  readonly sqlite_synchronous?: boolean;
  /** For `db`: nothing is written and no lock taken; the database may be in use elsewhere. */
  readonly read_only?: boolean;
  /** For `db`: how long other programs on the same file are waited for, in milliseconds; 5000 unless given. */
  readonly busy_timeout?: number;
  /** Milliseconds that a statement may take on a server; 60000 if absent, 0 for no limit. */
  readonly statement_timeout?: number;
  /** For `db` and `memory_db`: the first content of the database. */
  readonly from?: PlatformBlob | Uint8Array;
  readonly [option: string]: unknown;
}

/** The options of {@link setup}, with the names and defaults of cinderlib. */
export interface SetupOptions {
  /** Where the metadata is kept; in memory unless given. */
  readonly persistence_config?: PersistenceConfig | null;
  /** The project of new volumes; `cinderlib` unless given. */
  readonly project_id?: string | null;
  /** The user of new volumes; `cinderlib` unless given. */
  readonly user_id?: string | null;
  /** Whether ids may be any text. They may anyway; taken for the sake of existing configurations. */
  readonly non_uuid_ids?: boolean;
  /** Whether dumps hold the whole configuration of each backend, secrets included. */
  readonly output_all_backend_info?: boolean;
  /** Whether reading a volume of a backend that is not initialised is an error; it is unless told otherwise. */
  readonly fail_on_missing_backend?: boolean;
  /** The left part of the `host` of new volumes; the machine's name unless given. */
  readonly host?: string | null;
  /** What runs a command as root, for drivers that need that; `sudo` unless given. */
  readonly root_helper?: string;
  /** A folder for lock files. Taken for the sake of existing configurations; nothing here needs one. */
  readonly file_locks_path?: string | null;
  /** `true`: the persistence core runs in a worker. `false`: on this thread. A function: makes the worker. */
  readonly worker?: boolean | (() => AnyWorker);
  /** Options of Cinder itself. */
  readonly [option: string]: unknown;
}

/**
 * Opens a storage and gives the context to work with it. Two calls give two contexts that share nothing.
 *
 * @throws InvalidOption, InvalidPersistence, InvalidUrl for options; DatabaseLocked, NotADatabase,
 *   SchemaError, DatabaseUnavailable and their like for databases. Nothing is left behind.
 * @example
 * ```ts
 * const cl = await setup({ persistence_config: { storage: 'db', connection: 'sqlite:///cl.sqlite' } });
 * const lvm = await cl.backend({
 *   volume_backend_name: 'lvm',
 *   volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
 * });
 * const vol = await lvm.createVolume(1, { name: 'first' });
 * console.log(vol.id, vol.status);
 * await cl.close();
 * ```
 */
export async function setup(options: SetupOptions = {}): Promise<Cinderlib> {
  const config = readable('setup() takes an object with options', options, () => setupConfig(options));
  // `setupConfig` saw that it is a boolean or a function; what the function makes is checked when it is called.
  const connect = (): Promise<CoreClient> => connectCore(config.worker as NonNullable<SetupOptions['worker']>);
  const make = (persistenceConfig: unknown): Promise<PersistenceDriver> => makePersistence(persistenceConfig, connect);
  const persistence = await make(config.persistence_config);
  const settings = {
    host: config.host ?? hostName(),
    project_id: config.project_id ?? 'cinderlib',
    user_id: config.user_id ?? 'cinderlib',
    root_helper: config.root_helper,
    output_all_backend_info: config.output_all_backend_info,
    fail_on_missing_backend: config.fail_on_missing_backend,
  };
  const context = new Cinderlib(settings, persistence, make);
  await openStorage(persistence, context);
  return context;
}

async function connectCore(worker: boolean | (() => AnyWorker)): Promise<CoreClient> {
  // Each is loaded by whoever needs it: above all the core, with its engine, on this thread.
  if (worker !== false) {
    const { WorkerClient } = await import('./persistence/with-core.ts');
    return new WorkerClient(worker === true ? undefined : worker);
  }
  const { LocalClient } = await import('./rpc/local-client.ts');
  return LocalClient.start();
}
