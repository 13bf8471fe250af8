/** `setup`: opens a storage and returns the context. */

import { readArgument } from './arguments.ts';
import { Cinderlib, type PersistenceMaker } from './cinderlib.ts';
import { loaded } from './loaded.ts';
import { setupConfig } from './options.ts';
import type { PersistenceConfig } from './persistence/config.ts';
import { openStorage } from './persistence/open-storage.ts';
import { makePersistence } from './persistence/registry.ts';
import type { AnyWorker } from './rpc/any-worker.ts';
import type { Connect, CoreClient } from './rpc/client.ts';
import { hostName } from './runtime.ts';

/** The options of {@link setup}, with cinderlib's names and defaults. An undefined option counts as absent. */
export interface SetupOptions {
  /** Where the metadata is kept. Default: in memory. */
  readonly persistence_config?: PersistenceConfig | null | undefined;
  /** The project of new volumes. Default: `cinderlib`. */
  readonly project_id?: string | null | undefined;
  /** The user of new volumes. Default: `cinderlib`. */
  readonly user_id?: string | null | undefined;
  /** Has no effect: ids may be any string. Accepted so that existing configurations work unchanged. */
  readonly non_uuid_ids?: boolean | undefined;
  /** Whether dumps contain the whole configuration of each backend, secrets included. Default: false. */
  readonly output_all_backend_info?: boolean | undefined;
  /** Whether reading a volume whose backend is not initialised is an error. Default: true. */
  readonly fail_on_missing_backend?: boolean | undefined;
  /** The part before `@` in the `host` of new volumes. Default: the machine's host name. */
  readonly host?: string | null | undefined;
  /** The command that drivers run privileged commands with. Default: `sudo`. */
  readonly root_helper?: string | undefined;
  /** Has no effect: no lock files are needed. Accepted so that existing configurations work unchanged. */
  readonly file_locks_path?: string | null | undefined;
  /** Whether the persistence core runs in a worker (default: true) or on this thread. A function creates the worker. */
  readonly worker?: boolean | (() => AnyWorker) | undefined;
  /** Cinder's own options; they are accepted and ignored. */
  readonly [option: string]: unknown;
}

/**
 * Opens a storage and returns the context to work with. Each call returns a context of its own; contexts share nothing.
 *
 * @throws InvalidOption, InvalidPersistence or InvalidUrl for wrong options; DatabaseLocked, NotADatabase,
 *   SchemaError, DatabaseUnavailable and others for databases. A failed call leaves no file and no lock behind.
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
  const config = readArgument('setup() takes an object with options', options, () => setupConfig(options));
  // `setupConfig` has checked that it is a boolean or a function; the function's result is checked when it is called.
  const worker = config.worker as NonNullable<SetupOptions['worker']>;
  const connect: Connect = () => connectCore(worker);
  const make: PersistenceMaker = (persistence_config) => makePersistence(persistence_config, connect);
  const persistence = await make(config.persistence_config);
  const settings = {
    host: config.host ?? hostName(),
    project_id: config.project_id ?? 'cinderlib',
    user_id: config.user_id ?? 'cinderlib',
    root_helper: config.root_helper,
    output_all_backend_info: config.output_all_backend_info,
    fail_on_missing_backend: config.fail_on_missing_backend,
    worker,
  };
  const context = new Cinderlib(settings, persistence, make);
  await openStorage(persistence, context);
  return context;
}

async function connectCore(worker: boolean | (() => AnyWorker)): Promise<CoreClient> {
  // Imported on demand: above all, the core with its engine is loaded on this thread only when it runs here.
  if (worker !== false) {
    const { WorkerClient } = await loaded(import('./persistence/with-core.ts'));
    return new WorkerClient(worker === true ? undefined : worker);
  }
  return loaded(import('./rpc/local-client.ts').then(({ LocalClient }) => LocalClient.start()));
}
