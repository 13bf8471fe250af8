/**
 * The contract of a persistence plugin, which stores the metadata of volumes, snapshots and connections.
 *
 * A plugin implements the same thirteen members as cinderlib's own plugins (`db`, four getters, four setters,
 * four deletes); `memory.ts` is a model. Each setter and delete must call the base class's once it has stored the
 * change: that clears the change marks, marks deleted objects as deleted, and notifies the readers of `changes()`.
 */
import { listArgument, requireModel } from '../arguments.ts';
import { forgetMarks, hasMarks, saving } from '../cinder/save-marks.ts';
import { utcNow } from '../cinder/time.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { NotImplemented } from '../errors/index.ts';
import { inspect } from '../inspect.ts';
import type { Connection } from '../objects/connection.ts';
import type { Context } from '../objects/context.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import type { Volume } from '../objects/volume.ts';
import type { Change, ConnectionFilter, SnapshotFilter, StorageInfo, VolumeFilter } from '../rpc/contract.ts';
import { KeyedTurns } from '../turns.ts';
import { storageBrand } from './brand.ts';
import { DriverDatabase } from './driver-database.ts';
import { type KeyValue, keyOf, storableKeyValue } from './key-value.ts';
import { readVolumes } from './read-objects.ts';
import { refuseUnstorable } from './unstorable.ts';

export type { Change, ConnectionFilter, SnapshotFilter, StorageInfo, VolumeFilter };

/** The options of a storage: `persistence_config` without `storage`. */
export type PersistenceOptions = Readonly<Record<string, unknown>>;

/** An object that a storage has a setter for. */
export type Storable = Volume | Snapshot | Connection;

/** A plugin class, as passed to `registerPersistence`. */
export type PersistenceClass = new (options: PersistenceOptions) => PersistenceDriver;

/**
 * The base class of storages, which plugins extend. `cl.persistence` is the one in use. Built-in storages refuse
 * filters and objects of the wrong type (`InvalidOption`). docs/plugins.md tells how to write and test a plugin.
 */
export abstract class PersistenceDriver {
  /** The options that the storage was created with, frozen. They may contain secrets. */
  readonly options: PersistenceOptions;
  #context: Context | null = null;
  readonly #saves = new KeyedTurns();
  /** Look-ups for drivers, built on the getters; a storage may return them as its {@link db}. */
  protected readonly lookUps: DriverDatabase = new DriverDatabase(this, () => this.context);

  constructor(options: PersistenceOptions = {}) {
    this.options = Object.freeze({ ...options });
  }

  /** Identifies storages, including those of another copy of this library. */
  get [storageBrand](): true {
    return true;
  }

  /** The database that volume drivers look up volumes in; null for look-ups built on the getters. */
  get db(): unknown {
    throw this.#missing('db');
  }

  /** The storage's {@link db}, or its substitute. Drivers ask it, for instance, which hosts use a volume. */
  get driverDatabase(): unknown {
    return this.db ?? this.lookUps;
  }

  /** The volumes that match all given filters; without filters, all volumes. */
  async getVolumes(_filter: VolumeFilter = {}): Promise<readonly Volume[]> {
    throw this.#missing('getVolumes');
  }

  /** The snapshots that match all given filters; without filters, all snapshots. */
  async getSnapshots(_filter: SnapshotFilter = {}): Promise<readonly Snapshot[]> {
    throw this.#missing('getSnapshots');
  }

  /** The connections that match all given filters; without filters, all connections. */
  async getConnections(_filter: ConnectionFilter = {}): Promise<readonly Connection[]> {
    throw this.#missing('getConnections');
  }

  /** The key-values with that key; without a key, all of them. */
  async getKeyValues(_key?: string | null): Promise<readonly KeyValue[]> {
    throw this.#missing('getKeyValues');
  }

  /** Creates or updates a volume. Its snapshots and connections are stored by their own setters. */
  async setVolume(volume: Volume): Promise<void> {
    requireModel('setVolume', volume, 'Volume');
    forgetMarks(volume.ovo);
    this.changed('volume', volume.id, 'set');
  }

  /** Creates or updates a snapshot. */
  async setSnapshot(snapshot: Snapshot): Promise<void> {
    requireModel('setSnapshot', snapshot, 'Snapshot');
    forgetMarks(snapshot.ovo);
    this.changed('snapshot', snapshot.id, 'set');
  }

  /** Creates or updates a connection. */
  async setConnection(connection: Connection): Promise<void> {
    requireModel('setConnection', connection, 'VolumeAttachment');
    forgetMarks(connection.ovo);
    this.changed('connection', connection.id, 'set');
  }

  /** Stores a key-value, replacing one with the same key. */
  async setKeyValue(keyValue: KeyValue): Promise<void> {
    this.changed('key_value', storableKeyValue(keyValue).key, 'set');
  }

  /** Deletes a volume. A volume that is not stored is not an error. */
  async deleteVolume(volume: Volume): Promise<void> {
    requireModel('deleteVolume', volume, 'Volume');
    markDeleted(volume.ovo);
    this.changed('volume', volume.id, 'delete');
  }

  /** Deletes a snapshot. A snapshot that is not stored is not an error. */
  async deleteSnapshot(snapshot: Snapshot): Promise<void> {
    requireModel('deleteSnapshot', snapshot, 'Snapshot');
    markDeleted(snapshot.ovo);
    this.changed('snapshot', snapshot.id, 'delete');
  }

  /** Deletes a connection. A connection that is not stored is not an error. */
  async deleteConnection(connection: Connection): Promise<void> {
    requireModel('deleteConnection', connection, 'VolumeAttachment');
    markDeleted(connection.ovo);
    this.changed('connection', connection.id, 'delete');
  }

  /** Deletes a key-value, given as an object or by its key. */
  async deleteKeyValue(keyValue: KeyValue | string): Promise<void> {
    this.changed('key_value', keyOf(keyValue), 'delete');
  }

  /** The storage's name in `info()` and in messages. */
  get storageName(): string {
    return this.constructor.name;
  }

  /** Prepares the storage for use. An override must call this method first. */
  async open(context: Context): Promise<void> {
    this.#context = context;
  }

  /** Whether a context is using the storage. */
  get isOpen(): boolean {
    return this.#context !== null;
  }

  /**
   * Throws if changes certainly cannot be stored, for instance because the storage is read-only. Called before a driver
   * changes anything, so that no change goes unrecorded. It must answer synchronously.
   */
  checkWritable(): void {
    // By default, let the write itself decide.
  }

  /** Picks up what other programs have changed in the storage. The context calls it before it reads again. */
  async refresh(): Promise<void> {
    // Nothing to do for a storage that caches nothing.
  }

  /** Releases the storage. The context calls it once, when it closes or switches to another storage. */
  async close(): Promise<void> {
    this.#context = null;
  }

  /** What `cl.info()` reports about the storage; null when there is nothing to report. */
  async info(): Promise<StorageInfo | null> {
    return null;
  }

  /**
   * Stores several objects, parents first. A storage with transactions stores all or none; this default, for
   * plugins without transactions, stores one after the other.
   */
  async setAll(resources: readonly Storable[]): Promise<void> {
    refuseUnstorable('setAll', resources);
    for (const resource of resources) await this.setOne(resource);
  }

  /** Stores objects together with key-values: all or none, if the storage has transactions. */
  async setTogether(resources: readonly Storable[], keyValues: readonly KeyValue[]): Promise<void> {
    refuseUnstorable('setTogether', resources);
    const others = listArgument('setTogether', keyValues);
    await this.setAll(resources);
    for (const keyValue of others) await this.setKeyValue(keyValue);
  }

  /** Yields all matching volumes; override it to read them page by page. */
  async *iterateVolumes(filter: VolumeFilter = {}): AsyncGenerator<Volume, void, undefined> {
    yield* await readVolumes(this, filter);
  }

  /** Notifies the readers of `changes()`. The setters and deletes of this class call it, once the change is stored. */
  protected changed(kind: Change['kind'], id: string, action: Change['action']): void {
    this.#context?.reportChanges([{ kind, id, action, here: true }]);
  }

  /**
   * Stores one object with the setter of its class: what `save()` calls. Saves of the same object are serialised, since
   * the older of two concurrent ones might be stored last. A storage that processes calls in order can override this.
   */
  async setOne(resource: Storable): Promise<void> {
    refuseUnstorable('setOne', [resource]);
    const wasMarked = hasMarks(resource.ovo);
    await this.#saves.run(`${resource.ovo.model.name} ${resource.id}`, async () => {
      // The save before this one has already stored everything that was marked.
      if (wasMarked && !hasMarks(resource.ovo)) return;
      await saving([resource.ovo], () => this.#set(resource));
    });
  }

  /**
   * Stores a new snapshot or connection. Databases override it, to refuse one whose volume has been deleted meanwhile
   * (`VolumeNotFound`).
   */
  async setChild(child: Snapshot | Connection): Promise<void> {
    await this.setOne(child);
  }

  /** The context that uses the storage: its backends, and `restore` and `load` to make objects from what is read. */
  protected get context(): Context {
    if (this.#context !== null) return this.#context;
    throw new NotImplemented(`${this.constructor.name} is not open: pass it to setup() or setPersistence() first.`);
  }

  /** Prints only the name: options may be secrets. */
  [inspect](): string {
    return `<${this.constructor.name}>`;
  }

  toJSON(): { readonly storage: string } {
    return { storage: this.storageName };
  }

  async #set(resource: Storable): Promise<void> {
    const name = resource.ovo.model.name;
    // The model's name tells which of the three classes it is.
    if (name === 'Volume') await this.setVolume(resource as Volume);
    else if (name === 'Snapshot') await this.setSnapshot(resource as Snapshot);
    else await this.setConnection(resource as Connection);
  }

  #missing(member: string): NotImplemented {
    return new NotImplemented(`${this.constructor.name} does not implement ${member}, which every storage must.`);
  }
}

function markDeleted(ovo: VersionedObject): void {
  const marks = { deleted: true, deleted_at: utcNow(), status: 'deleted' };
  for (const [name, value] of Object.entries(marks)) if (ovo.model.index.has(name)) ovo.restore(name, value);
  ovo.resetChanges(Object.keys(marks));
}
