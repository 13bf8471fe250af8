/** A backend: a volume driver with its configuration, and its volumes. */
import { booleanOptions, fieldsArgument, filterArgument, objectArgument, readArgument } from '../arguments.ts';
import { refuseAssignments } from '../assignments.ts';
import { type Dict, isDict, own } from '../cinder/dict.ts';
import { copyTree } from '../cinder/tree.ts';
import { volumeDriverClass } from '../drivers/registry.ts';
import { type DriverParameters, VolumeDriver } from '../drivers/volume-driver.ts';
import { inspect } from '../inspect.ts';
import { readVolumes } from '../persistence/read-objects.ts';
import { jsonText, spaced } from '../serialization/json-text.ts';
import { KeyedTurns } from '../turns.ts';
import { nameOfBackend } from './backends.ts';
import type { Context } from './context.ts';
import type { NewVolumeFields } from './given-fields.ts';
import { LazyList } from './lazy-list.ts';
import { checkPoolName } from './new-volume.ts';
import { refuseArguments } from './refuse-arguments.ts';
import { refuseNew } from './refuse-new.ts';
import type { ResourceJson } from './resource.ts';
import { checkSize } from './size.ts';
import { poolNamesOf, type Stats, withPools } from './stats.ts';
import { type ConnectorProperties, Volume } from './volume.ts';

/** The configuration of a backend: a name, a driver, and the driver's options. */
export interface BackendOptions {
  /** The backend's name: unique in the context, without `@` and `#`, since the `host` of its volumes contains it. */
  readonly volume_backend_name: string;
  /** The driver's name: the Python class name of a built-in driver, or a name given to `registerVolumeDriver`. */
  readonly volume_driver: string;
  /** The driver's own options: see `listSupportedDrivers`. */
  readonly [option: string]: unknown;
}

/** A backend in a dump. */
export interface BackendJson {
  /** Distinguishes a backend from other objects in a dump. */
  class: 'Backend';
  /** Only the name, or with `output_all_backend_info` every option, secrets included. */
  backend: Dict;
  /** Its volumes: oldest first from memory storage, newest first from a database. */
  volumes: ResourceJson[];
}

/**
 * A volume driver with its configuration, and its volumes. Created by `cl.backend`, one for each name.
 *
 * @example
 * ```ts
 * const volume = await backend.createVolume(1, { name: 'data', metadata: { for: 'logs' } });
 * const volumes = await backend.volumes();
 * ```
 */
export class Backend {
  /** The backend's name, unique in its context. */
  readonly id: string;
  /** The initialised driver. */
  readonly driver: VolumeDriver;
  /** The context that the backend belongs to. */
  readonly context: Context;
  /** Volumes that the driver is creating, for drivers that look them up before they are stored. */
  readonly volumesInFlight = new Map<string, Volume>();
  /** Snapshots and connections that are being created with an id chosen by the caller, such as `Snapshot <id>`. */
  readonly idsInFlight = new Set<string>();
  readonly #turns = new KeyedTurns();
  /** The options as given, to compare with those of later calls for the same name. */
  readonly #given: BackendOptions;
  #stats: Stats;
  #poolNames: readonly string[];
  readonly #volumes = new LazyList<Volume>();

  static {
    refuseAssignments('backend', Backend);
    refuseArguments(Backend, 'json', 'jsons', 'dump', 'dumps', 'volumes');
  }

  private constructor(context: Context, options: BackendOptions, driver: VolumeDriver) {
    refuseNew(driver instanceof VolumeDriver);
    this.context = context;
    this.id = options.volume_backend_name;
    this.driver = driver;
    this.#given = options;
    this.#stats = withPools(driver.capabilities, this.id);
    this.#poolNames = poolNamesOf(this.#stats, this.id);
  }

  /** Constructs the driver and initialises it in the same order as Cinder. Called by `cl.backend`. */
  static async start(context: Context, options: BackendOptions): Promise<Backend> {
    const { volume_backend_name: name, volume_driver } = options;
    const Driver = await volumeDriverClass(volume_driver);
    const parameters: DriverParameters = {
      // A copy for the driver: its changes show in dumps, but not in the options that later calls are compared with.
      configuration: driverConfiguration(copyTree(options) as BackendOptions),
      db: context.persistence.driverDatabase,
      host: `${context.settings.host}@${name}`,
      cluster_name: null,
      active_backend_id: null,
      root_helper: context.settings.root_helper,
    };
    const driver = new Driver(parameters);
    await driver.doSetup(null);
    await driver.checkForSetupError();
    await driver.initCapabilities();
    await driver.setThrottle();
    await driver.setInitialized();
    return new Backend(context, options, driver);
  }

  /** The names of the pools that the driver reported when it was initialised. */
  get poolNames(): readonly string[] {
    return this.#poolNames;
  }

  /** The backend's entry in dumps: its name, or with `output_all_backend_info` every option, secrets included. */
  get config(): Dict {
    if (!this.context.settings.output_all_backend_info) return { volume_backend_name: this.id };
    return copyTree({ ...this.driver.configuration }) as Dict;
  }

  /** Whether the backend was created with these options. */
  isMadeOf(options: BackendOptions): boolean {
    return readArgument('cl.backend() takes an object with options', options, () =>
      sameValue({ ...options }, this.#given),
    );
  }

  /** The backend's volumes. The first call reads them from the storage; from then on the list is kept up to date. */
  async volumes(): Promise<readonly Volume[]> {
    return this.#volumes.load(() => this.volumesFiltered());
  }

  /** The backend's volumes with that id or name; every call reads the storage. */
  async volumesFiltered(filter: { volume_id?: string; volume_name?: string } = {}): Promise<readonly Volume[]> {
    const given = filterArgument('volumesFiltered', filter, ['volume_id', 'volume_name']);
    return readVolumes(this.context.persistence, { ...given, backend_name: this.id });
  }

  /** Reads the volumes again, if they have been loaded. */
  async refresh(): Promise<void> {
    if (this.#volumes.isWanted) await this.#volumes.reload(() => this.volumesFiltered());
  }

  /**
   * Creates a volume on the storage and stores its metadata.
   *
   * @param size In GiB: a whole number, 0 or more. Column `volumes.size`.
   * @param fields Any field of a volume; also `name`, `description`, `pool_name`, `extra_specs`, `qos_specs`.
   * @returns The volume, with status `available`.
   * @throws ValueError or InvalidOption for wrong arguments; DuplicateEntry for an `id` that is taken; else what the
   *   driver threw, with the volume as `error.resource`, whose status is then `error`.
   */
  async createVolume(size: number, fields: Omit<NewVolumeFields, 'size'> = {}): Promise<Volume> {
    const expected = 'createVolume() takes a size and an object with fields';
    const { pool_name, ...given } = fieldsArgument(expected, fields, { size });
    checkPoolName(pool_name);
    checkSize(size);
    const defaults = { display_name: '', display_description: '', bootable: false };
    const volume = Volume.make(this, { ...defaults, ...given, size }, pool_name);
    await volume.create();
    return volume;
  }

  /** The backend's capacity and capabilities, with its pools; `refresh` asks the driver again. */
  async stats(options: { refresh?: boolean } = {}): Promise<Stats> {
    const { refresh } = booleanOptions('stats', options, { refresh: false });
    if (refresh) {
      const stats = await this.driver.getVolumeStats({ refresh: true });
      this.#stats = withPools(stats ?? this.driver.capabilities, this.id);
    }
    return this.#stats;
  }

  /** Asks the driver whether it can connect a host with these properties. Throws what the driver throws. */
  async validateConnector(connector: ConnectorProperties): Promise<void> {
    const expected = "validateConnector() takes an object with the host's properties";
    await this.driver.validateConnector(objectArgument(expected, connector));
  }

  /** The backend and its volumes in dump format, with whatever is loaded of the volumes. */
  async json(): Promise<BackendJson> {
    return this.#json((volume) => volume.json());
  }

  /** {@link json} as text, with the default separators of Python's `json`, as in the original. */
  async jsons(): Promise<string> {
    return jsonText(await this.json(), spaced);
  }

  /** Like {@link json}, but loads the snapshots and connections of every volume first. */
  async dump(): Promise<BackendJson> {
    return this.#json((volume) => volume.dump());
  }

  /** {@link dump} as text. */
  async dumps(): Promise<string> {
    return jsonText(await this.dump(), spaced);
  }

  /**
   * Serialises the operations that change a volume's disk or how hosts reach it, through whichever objects of that
   * volume they are called: each starts from the state that the previous one left.
   */
  inTurn<T>(volume_id: string, task: () => Promise<T>): Promise<T> {
    return this.#turns.run(volume_id, task);
  }

  /** Adds a new volume to the list, if that is loaded. */
  rememberVolume(volume: Volume): void {
    this.#volumes.put(volume);
  }

  /** Removes a deleted volume from the list. */
  forgetVolume(volume: Volume): void {
    this.#volumes.remove(volume);
  }

  /** Replaces the list with the volumes from a dump. */
  replaceVolumes(volumes: readonly Volume[]): void {
    this.#volumes.replace(volumes);
  }

  /** Switches to another storage: hands its `db` to the driver, and drops the list, to be read again on demand. */
  storageChanged(db: unknown): void {
    this.driver.db = db;
    this.#volumes.replace(null);
  }

  /** What `JSON.stringify` shows: only the name, since options may be secrets. For a dump, use `json()`. */
  toJSON(): { readonly class: 'Backend'; readonly id: string } {
    return { class: 'Backend', id: this.id };
  }

  toString(): string {
    return `<Backend ${this.id}>`;
  }

  /** Prints only the name: options may be secrets. */
  [inspect](): string {
    return this.toString();
  }

  async #json(show: (volume: Volume) => ResourceJson | Promise<ResourceJson>): Promise<BackendJson> {
    const volumes: ResourceJson[] = [];
    for (const volume of await this.volumes()) {
      // Inside a backend's dump, a volume only names its backend, even with `output_all_backend_info`. That need
      // not be this one: `backend_name` filters as loosely as in the original.
      const backend = { volume_backend_name: nameOfBackend(volume.backend) };
      volumes.push({ ...(await show(volume)), backend });
    }
    return { class: 'Backend', backend: this.config, volumes };
  }
}

/** The driver's options in the caller's order, with the name last, as in the original's dumps. */
function driverConfiguration({ volume_backend_name, ...options }: BackendOptions): Dict {
  return { ...options, volume_backend_name };
}

/** Whether two option values are equal, in any order of keys. Anything but plain data is compared by identity. */
function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, place) => sameValue(item, b[place]));
  }
  if (!isDict(a) || !isDict(b)) return false;
  // An undefined option counts as absent.
  return [...Object.keys(a), ...Object.keys(b)].every((key) => sameValue(own(a, key), own(b, key)));
}
