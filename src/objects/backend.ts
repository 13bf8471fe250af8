/** A backend: a volume driver with its configuration, and the volumes that it holds. */
import { type Dict, isDict } from '../cinder/dict.ts';
import { copyTree } from '../cinder/tree.ts';
import { volumeDriverClass } from '../drivers/registry.ts';
import type { DriverParameters, VolumeDriver } from '../drivers/volume-driver.ts';
import { givenFields, givenFilter, givenObject, givenSwitches, readable } from '../given.ts';
import { inspect } from '../inspect.ts';
import { Turns } from '../persistence/turns.ts';
import { jsonText, spaced } from '../serialization/json-text.ts';
import { refuseAssignments } from './assignments.ts';
import type { Context } from './context.ts';
import type { NewVolumeFields } from './given-fields.ts';
import { LazyList } from './lazy-list.ts';
import { checkSize } from './lifecycle.ts';
import { withDisplayNames } from './new-object.ts';
import { checkPoolName } from './new-volume.ts';
import type { ResourceJson } from './resource.ts';
import { poolNamesOf, type Stats, withPools } from './stats.ts';
import { type ConnectorProperties, Volume } from './volume.ts';

/** What a backend is made of: a name, a driver, and the driver's options. */
export interface BackendOptions {
  /** Its name, unique in the context, without `@` and `#`: part of the column `host` of its volumes. */
  readonly volume_backend_name: string;
  /** The driver's name: that of a Python class which is built in, or of `registerVolumeDriver`. */
  readonly volume_driver: string;
  readonly [option: string]: unknown;
}

/** How a backend stands in a dump. */
export interface BackendJson {
  /** What tells it from other things in a dump. */
  class: 'Backend';
  /** The name alone, or with `output_all_backend_info` every option, secrets included. */
  backend: Dict;
  /** Its volumes, the oldest first in memory, the newest first in a database. */
  volumes: ResourceJson[];
}

/**
 * A volume driver with its configuration, and the volumes that it holds. `cl.backend` gives it: one for each name.
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
  /** The driver, set up. */
  readonly driver: VolumeDriver;
  /** The context that it belongs to. */
  readonly context: Context;
  /** Volumes that a driver is making now, for drivers that look them up before they are stored. */
  readonly volumesInFlight = new Map<string, Volume>();
  /** Snapshots and connections that are being made now with an id that the caller gave, such as `Snapshot <id>`. */
  readonly idsInFlight = new Set<string>();
  readonly #turns = new Turns();
  /** The options as they were given, to tell whether a second call asks for the same backend. */
  readonly #given: BackendOptions;
  #stats: Stats;
  #poolNames: readonly string[];
  readonly #volumes = new LazyList<Volume>();

  static {
    refuseAssignments('backend', Backend);
  }

  private constructor(context: Context, options: BackendOptions, driver: VolumeDriver) {
    this.context = context;
    this.id = options.volume_backend_name;
    this.driver = driver;
    this.#given = options;
    this.#stats = withPools(driver.capabilities, this.id);
    this.#poolNames = poolNamesOf(this.#stats, this.id);
  }

  /** Makes the driver and sets it up, in the order in which Cinder does. `cl.backend` does this. */
  static async start(context: Context, options: BackendOptions): Promise<Backend> {
    const { volume_backend_name: name, volume_driver } = options;
    const Driver = await volumeDriverClass(volume_driver);
    const parameters: DriverParameters = {
      // The driver's own: what it makes of it shows in dumps, and not in the options that a second call is compared with.
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

  /** The names of the pools that the driver reported at the start. */
  get poolNames(): readonly string[] {
    return this.#poolNames;
  }

  /** What dumps say of the backend: its name, or everything with `output_all_backend_info`. */
  get config(): Dict {
    if (!this.context.settings.output_all_backend_info) return { volume_backend_name: this.id };
    return copyTree({ ...this.driver.configuration }) as Dict;
  }

  /** Whether these options are the ones that the backend was made of. */
  isMadeOf(options: BackendOptions): boolean {
    return readable('cl.backend() takes an object with options', options, () => sameValue({ ...options }, this.#given));
  }

  /** The volumes of the backend: read from the storage at first use, then kept. */
  async volumes(): Promise<readonly Volume[]> {
    return this.#volumes.load(() => this.volumesFiltered());
  }

  /** The volumes with that id or name, always asked of the storage. */
  async volumesFiltered(filter: { volume_id?: string; volume_name?: string } = {}): Promise<readonly Volume[]> {
    const given = givenFilter('volumesFiltered', filter, ['volume_id', 'volume_name']);
    return this.context.persistence.getVolumes({ ...given, backend_name: this.id });
  }

  /** Reads the volumes again, if they were read. */
  async refresh(): Promise<void> {
    if (this.#volumes.isWanted) await this.#volumes.reload(() => this.volumesFiltered());
  }

  /**
   * Makes a volume on the storage and stores it.
   *
   * @param size In GiB: a whole number, 0 or more. Column `volumes.size`.
   * @param fields Any field of a volume; also `name`, `description`, `pool_name`, `extra_specs`, `qos_specs`.
   * @returns The volume, with the status `available`.
   * @throws ValueError, InvalidOption for the arguments; DuplicateEntry for an `id` that is taken; else what the driver
   *   threw, with the volume, whose status is `error` then, as `error.resource`.
   */
  async createVolume(size: number, fields: NewVolumeFields = {}): Promise<Volume> {
    const { pool_name, ...given } = givenFields('createVolume() takes a size and an object with fields', fields);
    checkPoolName(pool_name);
    checkSize(size);
    const defaults = { display_name: '', display_description: '', bootable: false };
    const volume = Volume.make(this.context, this, { ...defaults, ...withDisplayNames(given), size }, pool_name);
    await volume.create();
    return volume;
  }

  /** Capacity and abilities of the backend, with its pools; `refresh` asks the driver again. */
  async stats(options: { refresh?: boolean } = {}): Promise<Stats> {
    const { refresh } = givenSwitches('stats', options, { refresh: false });
    if (refresh) this.#stats = withPools((await this.driver.getVolumeStats({ refresh: true })) ?? {}, this.id);
    return this.#stats;
  }

  /** Asks the driver whether a host with these properties can be connected to. Throws what the driver throws. */
  async validateConnector(connector: ConnectorProperties): Promise<void> {
    const expected = "validateConnector() takes an object with the host's properties";
    await this.driver.validateConnector(givenObject(expected, connector));
  }

  /** The backend and its volumes as a dump shows them, with what is loaded. */
  async json(): Promise<BackendJson> {
    return this.#json((volume) => volume.json());
  }

  /** The text of {@link json}, with Python's default separators, as in the original. */
  async jsons(): Promise<string> {
    return jsonText(await this.json(), spaced);
  }

  /** As {@link json}, after loading the snapshots and connections of every volume. */
  async dump(): Promise<BackendJson> {
    return this.#json((volume) => volume.dump());
  }

  /** The text of {@link dump}. */
  async dumps(): Promise<string> {
    return jsonText(await this.dump(), spaced);
  }

  /**
   * Runs what changes the disk of a volume, or how hosts reach it. Of two at once, on whichever objects of that volume, one
   * waits: each begins with what the other has left.
   */
  inTurn<T>(volume_id: string, task: () => Promise<T>): Promise<T> {
    return this.#turns.run(volume_id, task);
  }

  /** Takes a new volume into the list, where that was read. */
  rememberVolume(volume: Volume): void {
    this.#volumes.put(volume);
  }

  /** Takes a deleted volume out of the list. */
  forgetVolume(volume: Volume): void {
    this.#volumes.remove(volume);
  }

  /** Replaces the list by the volumes that a dump had. */
  replaceVolumes(volumes: readonly Volume[]): void {
    this.#volumes.replace(volumes);
  }

  /** Goes over to another storage: the driver gets its `db`, and the list is read anew when it is asked for. */
  storageChanged(db: unknown): void {
    this.driver.db = db;
    this.#volumes.replace(null);
  }

  /** What `JSON.stringify` shows: the name. A dump is `json()`; options may be secrets. */
  toJSON(): { readonly class: 'Backend'; readonly id: string } {
    return { class: 'Backend', id: this.id };
  }

  toString(): string {
    return `<Backend ${this.id}>`;
  }

  /** Prints the name alone: options may be secrets. */
  [inspect](): string {
    return this.toString();
  }

  async #json(show: (volume: Volume) => ResourceJson | Promise<ResourceJson>): Promise<BackendJson> {
    const volumes: ResourceJson[] = [];
    for (const volume of await this.volumes()) {
      // In a backend's dump a volume only names its own, even with `output_all_backend_info`. That need not
      // be this one: `backend_name` filters as loosely as the original does.
      const name = typeof volume.backend === 'string' ? volume.backend : volume.backend.id;
      volumes.push({ ...(await show(volume)), backend: { volume_backend_name: name } });
    }
    return { class: 'Backend', backend: this.config, volumes };
  }
}

/** The driver's options in the caller's order, with the name last: so the original's dumps have them. */
function driverConfiguration({ volume_backend_name, ...options }: BackendOptions): Dict {
  return { ...options, volume_backend_name };
}

/** Whether two values of options are the same, in any order of keys. What is no data is compared by identity. */
function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, place) => sameValue(item, b[place]));
  }
  if (!isDict(a) || !isDict(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  );
}
