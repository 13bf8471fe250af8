/**
 * The contract of a volume driver: the methods of Cinder's driver interface that cinderlib calls.
 *
 * A driver makes and removes volumes on a storage; it stores no metadata. Every method may answer at
 * once or with a promise. Python's keyword arguments are an object. Imitate `fake.ts`.
 */
import type { Dict } from '../cinder/dict.ts';
import { NotImplemented } from '../errors/index.ts';
import { inspect } from '../inspect.ts';
import { brand } from './brand.ts';
import type { DriverSnapshot, DriverVolume } from './driver-objects.ts';
import type { OptionSchema } from './option-schema.ts';

/** What a driver is constructed with. */
export interface DriverParameters {
  /** The options of the backend, as they were given. */
  readonly configuration: Dict;
  /** Looks up volumes and snapshots that the driver was not handed. */
  readonly db: unknown;
  /** `host@backend`. */
  readonly host: string;
  /** There are no clusters here: it keeps the shape of Cinder's parameters. */
  readonly cluster_name: null;
  /** No storage fails over here: as above. */
  readonly active_backend_id: null;
  /** How privileged commands are run: `root_helper` of `setup`, such as `sudo`. */
  readonly root_helper?: string;
}

export type MaybePromise<T> = T | Promise<T>;

/** Fields of the volume or snapshot that the driver wants stored, `provider_location` for instance. */
// biome-ignore lint/suspicious/noConfusingVoidType: a method without a return statement is a driver's usual one
export type ModelUpdate = Readonly<Record<string, unknown>> | null | undefined | void;

/** How a host reaches a volume: a protocol, and what that protocol needs to know. */
export interface ConnectionInfo {
  /** The protocol, such as `iscsi`: `registerConnector` has what speaks it. */
  readonly driver_volume_type: string;
  /** What a connector of that protocol is told. It is stored with the connection, as JSON. */
  readonly data: Dict;
}

/** There are no request contexts here: the parameter keeps the shape of Cinder's methods. */
export type DriverContext = null;

/** The properties of a host, as os-brick names them. */
export type DriverConnector = Readonly<Record<string, unknown>>;

/** A class of drivers, as `registerVolumeDriver` takes it. */
export interface VolumeDriverClass {
  /** Reads the options; it throws `InvalidOption`, and asks no storage yet. */
  new (parameters: DriverParameters): VolumeDriver;
  /** The options that it reads. */
  readonly options: OptionSchema;
  /** That of the driver, as statistics report it. */
  readonly version: string;
  /** A sentence on what it is for. */
  readonly description: string;
}

/**
 * The base class of volume drivers.
 *
 * @example
 * ```ts
 * class MyDriver extends VolumeDriver {
 *   getVolumeStats() {
 *     return { volume_backend_name: 'mine', total_capacity_gb: 100, free_capacity_gb: 100 };
 *   }
 *   async createVolume(volume) {
 *     return { provider_location: await makeDisk(volume.id, volume.size) };
 *   }
 * }
 * registerVolumeDriver('my.package.MyDriver', MyDriver);
 * ```
 */
export class VolumeDriver {
  /** The options that the driver reads of its backend, as `listSupportedDrivers` shows them. */
  static readonly options: OptionSchema = {};
  /** That of the driver, as statistics report it. */
  static readonly version: string = '1.0.0';
  /** A sentence on what the driver is for. */
  static readonly description: string = '';

  /** The options of the backend, as dumps show them. */
  readonly configuration: Dict;
  /** `host@backend`. */
  readonly host: string;
  /** There are no clusters here. */
  readonly cluster_name: null;
  /** No storage fails over here. */
  readonly active_backend_id: null;
  /** `setPersistence` gives every driver the database of the new storage. */
  db: unknown;
  #capabilities: Readonly<Dict> = {};
  #initialized = false;

  constructor({ configuration, db, host, cluster_name, active_backend_id }: DriverParameters) {
    this.configuration = configuration;
    this.db = db;
    this.host = host;
    this.cluster_name = cluster_name;
    this.active_backend_id = active_backend_id;
  }

  /** Tells it from what is no driver, also in another copy of this library. */
  get [brand](): true {
    return true;
  }

  /** Prints the name alone: options may be secrets. */
  [inspect](): string {
    return `<${this.constructor.name}>`;
  }

  toJSON(): { readonly volume_driver: string } {
    return { volume_driver: this.constructor.name };
  }

  /** The statistics that the driver reported when it was set up. */
  get capabilities(): Readonly<Dict> {
    return this.#capabilities;
  }

  /** Whether the driver was set up. */
  get initialized(): boolean {
    return this.#initialized;
  }

  /** The first call: connects to the storage. */
  doSetup(_context: DriverContext): MaybePromise<void> {}

  /** The second call: throws when the configuration or the storage is not in order. */
  checkForSetupError(): MaybePromise<void> {}

  /** The third call: asks for the statistics, which `capabilities` then keeps. */
  async initCapabilities(): Promise<void> {
    this.#capabilities = { ...(await this.getVolumeStats({ refresh: true })) };
  }

  /** Limits how fast the driver copies data. */
  setThrottle(): MaybePromise<void> {}

  /** The last call of the setup. */
  setInitialized(): MaybePromise<void> {
    this.#initialized = true;
  }

  /**
   * Capacity and abilities; asks the storage when `refresh` is set. The keys are Cinder's: `total_capacity_gb` and
   * `free_capacity_gb`, in GiB or `'infinite'` or `'unknown'`, and so on; in `pools` where there are several.
   */
  getVolumeStats(_options: { readonly refresh: boolean }): MaybePromise<Readonly<Dict> | null> {
    throw this.#missing('getVolumeStats');
  }

  /** Makes a volume of `volume.size` GiB. One of that id that is there already is never replaced. */
  createVolume(_volume: DriverVolume): MaybePromise<ModelUpdate> {
    throw this.#missing('createVolume');
  }

  /**
   * Removes the volume. One that is gone already is no error.
   *
   * @throws VolumeIsBusy when something uses it: it is then left as it is.
   */
  deleteVolume(_volume: DriverVolume): MaybePromise<ModelUpdate> {
    throw this.#missing('deleteVolume');
  }

  /**
   * Makes the volume bigger, without touching what it holds. An error leaves the size as it was.
   *
   * @param _newSize In GiB.
   */
  extendVolume(_volume: DriverVolume, _newSize: number): MaybePromise<ModelUpdate> {
    throw this.#missing('extendVolume');
  }

  /** Makes a volume of what another one holds, which goes its own way from then on; its size may be greater. */
  createClonedVolume(_volume: DriverVolume, _source: DriverVolume): MaybePromise<ModelUpdate> {
    throw this.#missing('createClonedVolume');
  }

  /** Makes a volume of what a snapshot holds, which must not need the snapshot later; its size may be greater. */
  createVolumeFromSnapshot(_volume: DriverVolume, _snapshot: DriverSnapshot): MaybePromise<ModelUpdate> {
    throw this.#missing('createVolumeFromSnapshot');
  }

  /** Keeps what the volume `snapshot.volume_id` holds at this moment, also while hosts use it. */
  createSnapshot(_snapshot: DriverSnapshot): MaybePromise<ModelUpdate> {
    throw this.#missing('createSnapshot');
  }

  /** Removes the snapshot. One that is gone already is no error. */
  deleteSnapshot(_snapshot: DriverSnapshot): MaybePromise<ModelUpdate> {
    throw this.#missing('deleteSnapshot');
  }

  /** Offers the volume to the host, before it is connected. What is offered already stays as it is. */
  createExport(_context: DriverContext, _volume: DriverVolume, _connector: DriverConnector): MaybePromise<ModelUpdate> {
    throw this.#missing('createExport');
  }

  /** Takes the offer back, after a host was disconnected. Other hosts may still be connected: `db` knows. */
  removeExport(_context: DriverContext, _volume: DriverVolume): MaybePromise<ModelUpdate> {
    throw this.#missing('removeExport');
  }

  /** Lets the host in, and says how it gets to the volume. The same host may ask again. */
  initializeConnection(_volume: DriverVolume, _connector: DriverConnector): MaybePromise<ConnectionInfo> {
    throw this.#missing('initializeConnection');
  }

  /**
   * Lets the host out again. One that was never let in is no error.
   *
   * @param _connector Null for a connection that was stored without the properties of its host.
   */
  terminateConnection(
    _volume: DriverVolume,
    _connector: DriverConnector | null,
    _options: { readonly force: boolean },
  ): MaybePromise<ModelUpdate> {
    throw this.#missing('terminateConnection');
  }

  /** Throws when a host with these properties cannot be connected to. */
  validateConnector(_connector: DriverConnector): MaybePromise<void> {}

  #missing(method: string): NotImplemented {
    return new NotImplemented(`The volume driver ${this.constructor.name} does not implement ${method}().`);
  }
}
