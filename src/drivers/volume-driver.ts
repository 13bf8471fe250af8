/**
 * The contract of a volume driver: the methods of Cinder's driver interface that cinderlib calls.
 *
 * A driver creates and deletes volumes on a storage; it stores no metadata. Every method may return its result or a
 * promise of it. Python's keyword arguments become an options object. `fake.ts` is a model.
 */
import type { Dict } from '../cinder/dict.ts';
import { InvalidOption, NotImplemented } from '../errors/index.ts';
import { inspect } from '../inspect.ts';
import { driverBrand } from './brand.ts';
import type { DriverSnapshot, DriverVolume } from './driver-objects.ts';
import type { OptionSchema } from './option-schema.ts';

/** The parameters that a driver is constructed with. */
export interface DriverParameters {
  /** The backend's options as given. */
  readonly configuration: Dict;
  /** Looks up volumes and snapshots that the driver was not passed. */
  readonly db: unknown;
  /** `host@backend`. */
  readonly host: string;
  /** Always null, since there are no clusters; kept for compatibility with Cinder's parameters. */
  readonly cluster_name: null;
  /** Always null, since there is no failover; kept for compatibility with Cinder's parameters. */
  readonly active_backend_id: null;
  /** The command to run privileged commands with: `root_helper` of `setup`, such as `sudo`. */
  readonly root_helper?: string;
}

export type MaybePromise<T> = T | Promise<T>;

/** Fields of the volume or snapshot that the driver wants stored, such as `provider_location`. */
// biome-ignore lint/suspicious/noConfusingVoidType: a method without a return statement is a driver's usual one
export type ModelUpdate = Readonly<Record<string, unknown>> | null | undefined | void;

/** How a host reaches a volume: a protocol and its parameters. */
export interface ConnectionInfo {
  /** The protocol, such as `iscsi`, which selects the connector (see `registerConnector`). */
  readonly driver_volume_type: string;
  /** The parameters for the connector. They are stored with the connection, as JSON. */
  readonly data: Dict;
}

/** Always null, since there are no request contexts; kept for compatibility with Cinder's methods. */
export type DriverContext = null;

/** The connector properties of a host, with os-brick's names. */
export type DriverConnector = Readonly<Record<string, unknown>>;

/** A driver class, as passed to `registerVolumeDriver`. */
export interface VolumeDriverClass {
  /** Checks the options, throwing `InvalidOption`; does not contact the storage yet. */
  new (parameters: DriverParameters): VolumeDriver;
  /** The options that the driver reads. */
  readonly options: OptionSchema;
  /** The driver's version, as reported in its statistics. */
  readonly version: string;
  /** One sentence on what the driver is for. */
  readonly description: string;
}

/**
 * The base class of volume drivers. A method that a driver does not override throws `NotImplemented`, unless it has a
 * default.
 *
 * @example
 * ```ts
 * import { type DriverVolume, registerVolumeDriver, VolumeDriver } from 'cinderlib-wasm';
 *
 * const disks = new Map<string, number>();
 *
 * class MyDriver extends VolumeDriver {
 *   override async createVolume({ id, size }: DriverVolume) {
 *     disks.set(id, Number(size));
 *     return { provider_location: `/disks/${id}` };
 *   }
 *   override async deleteVolume({ id }: DriverVolume) {
 *     disks.delete(id);
 *   }
 * }
 * registerVolumeDriver('my.package.MyDriver', MyDriver);
 * ```
 */
export class VolumeDriver {
  /** The backend options that the driver reads, as listed by `listSupportedDrivers`. */
  static readonly options: OptionSchema = {};
  /** The driver's version, as reported in its statistics. */
  static readonly version: string = '1.0.0';
  /** One sentence on what the driver is for. */
  static readonly description: string = '';

  /** The backend's options, as dumps show them. */
  readonly configuration: Dict;
  /** `host@backend`. */
  readonly host: string;
  /** Always null: there are no clusters. */
  readonly cluster_name: null;
  /** Always null: there is no failover. */
  readonly active_backend_id: null;
  /** Looks up volumes and snapshots; `setPersistence` replaces it with the database of the new storage. */
  db: unknown;
  // Behind accessors, so that a driver can override them.
  #capabilities: Readonly<Dict> = {};
  #initialized = false;

  constructor(parameters: DriverParameters) {
    if (!parameters) {
      throw new InvalidOption(`The volume driver ${new.target.name} must pass on its parameters: super(parameters).`);
    }
    const { configuration, db, host, cluster_name, active_backend_id } = parameters;
    this.configuration = configuration;
    this.db = db;
    this.host = host;
    this.cluster_name = cluster_name;
    this.active_backend_id = active_backend_id;
  }

  /** The statistics that the driver reported during its setup; until then, what it sets itself. */
  get capabilities(): Readonly<Dict> {
    return this.#capabilities;
  }

  set capabilities(capabilities: Readonly<Dict>) {
    this.#capabilities = capabilities;
  }

  /** Whether the setup is complete. */
  get initialized(): boolean {
    return this.#initialized;
  }

  set initialized(initialized: boolean) {
    this.#initialized = initialized;
  }

  /** Identifies drivers, including those of another copy of this library. */
  get [driverBrand](): true {
    return true;
  }

  /** Prints only the name: options may be secrets. */
  [inspect](): string {
    return `<${this.constructor.name}>`;
  }

  toJSON(): { readonly volume_driver: string } {
    return { volume_driver: this.constructor.name };
  }

  /** First step of the setup: connects to the storage. */
  doSetup(_context: DriverContext): MaybePromise<void> {}

  /** Second step of the setup: throws if something is wrong with the configuration or the storage. */
  checkForSetupError(): MaybePromise<void> {}

  /** Third step of the setup: gets the statistics, if there are any, and keeps them as `capabilities`. */
  async initCapabilities(): Promise<void> {
    const stats = await this.getVolumeStats({ refresh: true });
    if (stats && Object.keys(stats).length > 0) this.#capabilities = { ...stats };
  }

  /** Fourth step of the setup: limits the rate at which the driver copies data. */
  setThrottle(): MaybePromise<void> {}

  /** Last step of the setup. */
  setInitialized(): MaybePromise<void> {
    this.#initialized = true;
  }

  /**
   * Returns capacity and capabilities, asking the storage again if `refresh` is set. The keys are Cinder's:
   * `total_capacity_gb` and `free_capacity_gb`, in GiB or `'infinite'` or `'unknown'`, and so on. Multiple pools are
   * listed in `pools`, with these keys each. Null, the default, if the driver knows none.
   */
  getVolumeStats(_options: { readonly refresh: boolean }): MaybePromise<Readonly<Dict> | null> {
    return null;
  }

  /** Creates a volume of `volume.size` GiB. Must never replace an existing volume with that id. */
  createVolume(_volume: DriverVolume): MaybePromise<ModelUpdate> {
    throw this.#missing('createVolume');
  }

  /**
   * Deletes the volume. A volume that no longer exists is not an error.
   *
   * @throws VolumeIsBusy when it is in use; it is then left unchanged.
   */
  deleteVolume(_volume: DriverVolume): MaybePromise<ModelUpdate> {
    throw this.#missing('deleteVolume');
  }

  /**
   * Extends the volume without changing its content. After an error, the size is unchanged.
   *
   * @param _newSize In GiB.
   */
  extendVolume(_volume: DriverVolume, _newSize: number): MaybePromise<ModelUpdate> {
    throw this.#missing('extendVolume');
  }

  /** Creates a volume with the content of another, independent of it from then on and possibly larger. */
  createClonedVolume(_volume: DriverVolume, _source: DriverVolume): MaybePromise<ModelUpdate> {
    throw this.#missing('createClonedVolume');
  }

  /** Creates a volume with the content of a snapshot, independent of it from then on and possibly larger. */
  createVolumeFromSnapshot(_volume: DriverVolume, _snapshot: DriverSnapshot): MaybePromise<ModelUpdate> {
    throw this.#missing('createVolumeFromSnapshot');
  }

  /** Takes a snapshot of the current content of the volume `snapshot.volume_id`, which hosts may be using. */
  createSnapshot(_snapshot: DriverSnapshot): MaybePromise<ModelUpdate> {
    throw this.#missing('createSnapshot');
  }

  /** Deletes the snapshot. A snapshot that no longer exists is not an error. */
  deleteSnapshot(_snapshot: DriverSnapshot): MaybePromise<ModelUpdate> {
    throw this.#missing('deleteSnapshot');
  }

  /** Exports the volume, before a host connects to it. An existing export is left unchanged. */
  createExport(_context: DriverContext, _volume: DriverVolume, _connector: DriverConnector): MaybePromise<ModelUpdate> {
    throw this.#missing('createExport');
  }

  /** Removes the export after a host was disconnected. Other hosts may still be connected: ask `db`. */
  removeExport(_context: DriverContext, _volume: DriverVolume): MaybePromise<ModelUpdate> {
    throw this.#missing('removeExport');
  }

  /** Grants the host access and returns how it reaches the volume. May be called again for the same host. */
  initializeConnection(_volume: DriverVolume, _connector: DriverConnector): MaybePromise<ConnectionInfo> {
    throw this.#missing('initializeConnection');
  }

  /**
   * Revokes the host's access. A host that has none is not an error.
   *
   * @param _connector Null for a connection that was stored without its host's properties.
   */
  terminateConnection(
    _volume: DriverVolume,
    _connector: DriverConnector | null,
    _options: { readonly force: boolean },
  ): MaybePromise<ModelUpdate> {
    throw this.#missing('terminateConnection');
  }

  /** Throws if a host with these properties cannot be connected. */
  validateConnector(_connector: DriverConnector): MaybePromise<void> {}

  #missing(method: string): NotImplemented {
    return new NotImplemented(`The volume driver ${this.constructor.name} does not implement ${method}().`);
  }
}
