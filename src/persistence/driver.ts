/**
 * The contract of a persistence plugin: where the metadata of volumes, snapshots and connections is kept.
 *
 * A plugin implements the thirteen members of cinderlib's own plugins (`db`, four getters, four setters,
 * four deletes). Imitate `memory.ts`. A setter and a delete must call the base class's when they have stored the
 * change: it keeps the marks of what changed, marks what was deleted, and tells those who read `changes()`.
 */
import { forgetMarks, hasMarks, saving } from '../cinder/save-marks.ts';
import { utcNow } from '../cinder/time.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { NotImplemented } from '../errors/index.ts';
import { refuseOthers } from '../given.ts';
import { inspect } from '../inspect.ts';
import type { Connection } from '../objects/connection.ts';
import type { Context } from '../objects/context.ts';
import { type KeyValue, keyOf, storableKeyValue } from '../objects/key-value.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import type { Volume } from '../objects/volume.ts';
import type { Change, ConnectionFilter, SnapshotFilter, StorageInfo, VolumeFilter } from '../rpc/contract.ts';
import { brand } from './brand.ts';
import { DriverDatabase } from './driver-database.ts';
import { Turns } from './turns.ts';
import { refuseUnstorable } from './unstorable.ts';

export type { Change, ConnectionFilter, SnapshotFilter, StorageInfo, VolumeFilter };

/** The options of a storage: `persistence_config` without `storage`. */
export type PersistenceOptions = Readonly<Record<string, unknown>>;

/** Anything that a storage stores with a setter of its own. */
export type Storable = Volume | Snapshot | Connection;

/** A class of plugins, as `registerPersistence` takes it. */
export type PersistenceClass = new (options: PersistenceOptions) => PersistenceDriver;

/**
 * A storage: what a plugin extends. Ours are behind `cl.persistence` and refuse filters and objects of the wrong type
 * (`InvalidOption`). How a plugin is written and tested is told in docs/plugins.md.
 */
export abstract class PersistenceDriver {
  /** The options that it was made with, frozen. They may hold secrets. */
  readonly options: PersistenceOptions;
  #context: Context | null = null;
  readonly #saves = new Turns();
  /** Look-ups by the getters, for drivers: what a storage can give as its {@link db}. */
  protected readonly lookUps: DriverDatabase = new DriverDatabase(this, () => this.context);

  constructor(options: PersistenceOptions = {}) {
    this.options = Object.freeze({ ...options });
  }

  /** Tells it from what is no storage, also in another copy of this library. */
  get [brand](): true {
    return true;
  }

  /** What volume drivers are given to look up volumes that they do not hold themselves; null for look-ups by the getters. */
  get db(): unknown {
    throw this.#missing('db');
  }

  /** The {@link db} of the storage, or what takes its place: drivers ask it which hosts use a volume before they delete it. */
  get driverDatabase(): unknown {
    return this.db ?? this.lookUps;
  }

  /** The volumes that match every filter; all of them without a filter. */
  async getVolumes(_filter: VolumeFilter = {}): Promise<readonly Volume[]> {
    throw this.#missing('getVolumes');
  }

  /** The snapshots that match every filter; all of them without a filter. */
  async getSnapshots(_filter: SnapshotFilter = {}): Promise<readonly Snapshot[]> {
    throw this.#missing('getSnapshots');
  }

  /** The connections that match every filter; all of them without a filter. */
  async getConnections(_filter: ConnectionFilter = {}): Promise<readonly Connection[]> {
    throw this.#missing('getConnections');
  }

  /** The key-values with that key; all of them without one. */
  async getKeyValues(_key?: string | null): Promise<readonly KeyValue[]> {
    throw this.#missing('getKeyValues');
  }

  /** Stores a volume: makes it or brings it up to date. Its snapshots and connections are stored by themselves. */
  async setVolume(volume: Volume): Promise<void> {
    refuseOthers('setVolume', volume, 'Volume');
    forgetMarks(volume.ovo);
    this.changed('volume', volume.id, 'set');
  }

  /** Stores a snapshot: makes it or brings it up to date. */
  async setSnapshot(snapshot: Snapshot): Promise<void> {
    refuseOthers('setSnapshot', snapshot, 'Snapshot');
    forgetMarks(snapshot.ovo);
    this.changed('snapshot', snapshot.id, 'set');
  }

  /** Stores a connection: makes it or brings it up to date. */
  async setConnection(connection: Connection): Promise<void> {
    refuseOthers('setConnection', connection, 'VolumeAttachment');
    forgetMarks(connection.ovo);
    this.changed('connection', connection.id, 'set');
  }

  /** Stores a key-value, in the place of one with the same key. */
  async setKeyValue(keyValue: KeyValue): Promise<void> {
    this.changed('key_value', storableKeyValue(keyValue).key, 'set');
  }

  /** Deletes a volume. One that is not stored is no error. */
  async deleteVolume(volume: Volume): Promise<void> {
    refuseOthers('deleteVolume', volume, 'Volume');
    markDeleted(volume.ovo);
    this.changed('volume', volume.id, 'delete');
  }

  /** Deletes a snapshot. One that is not stored is no error. */
  async deleteSnapshot(snapshot: Snapshot): Promise<void> {
    refuseOthers('deleteSnapshot', snapshot, 'Snapshot');
    markDeleted(snapshot.ovo);
    this.changed('snapshot', snapshot.id, 'delete');
  }

  /** Deletes a connection. One that is not stored is no error. */
  async deleteConnection(connection: Connection): Promise<void> {
    refuseOthers('deleteConnection', connection, 'VolumeAttachment');
    markDeleted(connection.ovo);
    this.changed('connection', connection.id, 'delete');
  }

  /** Deletes a key-value; the key alone is enough. */
  async deleteKeyValue(keyValue: KeyValue | string): Promise<void> {
    this.changed('key_value', keyOf(keyValue), 'delete');
  }

  /** The storage's name, as `info()` and messages give it. */
  get storageName(): string {
    return this.constructor.name;
  }

  /** Prepares the storage before its first use. A plugin that overrides it calls it first. */
  async open(context: Context): Promise<void> {
    this.#context = context;
  }

  /** Whether a context uses the storage. */
  get isOpen(): boolean {
    return this.#context !== null;
  }

  /**
   * Throws when it is certain that no change can be stored, such as in a storage that is only read. Asked before a driver
   * changes anything, which could not be written down: it must not have to wait for an answer.
   */
  checkWritable(): void {
    // Whoever does not know tries.
  }

  /** Takes what other programs changed in the storage meanwhile. The context calls it before it reads anew. */
  async refresh(): Promise<void> {
    // Nothing to do where nothing is remembered.
  }

  /** Releases the storage. The context calls it once, when it closes or goes over to another storage. */
  async close(): Promise<void> {
    this.#context = null;
  }

  /** What the storage is; a plugin that says nothing is assumed to keep nothing by itself. */
  async info(): Promise<StorageInfo | null> {
    return null;
  }

  /**
   * Stores several objects, parents first. A storage with transactions stores all or none; this one, for
   * plugins without, goes one by one.
   */
  async setAll(resources: readonly Storable[]): Promise<void> {
    refuseUnstorable(resources);
    for (const resource of resources) await this.setOne(resource);
  }

  /** Stores objects, and key-values with them: all or none, where the storage has transactions. */
  async setTogether(resources: readonly Storable[], keyValues: readonly KeyValue[]): Promise<void> {
    await this.setAll(resources);
    for (const keyValue of keyValues) await this.setKeyValue(keyValue);
  }

  /** All volumes that match; a storage that can reads them page by page. */
  async *iterateVolumes(filter: VolumeFilter = {}): AsyncGenerator<Volume, void, undefined> {
    yield* await this.getVolumes(filter);
  }

  /** Tells those who read `changes()`. The setters and deletes of this class call it, once the change is stored. */
  protected changed(kind: Change['kind'], id: string, action: Change['action']): void {
    this.#context?.reportChanges([{ kind, id, action, here: true }]);
  }

  /**
   * Stores one object by the setter of its class: what `save()` calls. The saves of one object go one after the other,
   * since of two at once the older might be stored last. A storage that keeps the order of its calls needs no turns.
   */
  async setOne(resource: Storable): Promise<void> {
    const wasMarked = hasMarks(resource.ovo);
    await this.#saves.run(`${resource.ovo.model.name} ${resource.id}`, async () => {
      // The save before this one has stored it all, where there was anything.
      if (wasMarked && !hasMarks(resource.ovo)) return;
      await saving([resource.ovo], () => this.#set(resource));
    });
  }

  /** The context that uses the storage: its backends, and `restore` and `load` to make objects of what is read. */
  protected get context(): Context {
    if (this.#context !== null) return this.#context;
    throw new NotImplemented(`${this.constructor.name} is not open: pass it to setup() or setPersistence() first.`);
  }

  /** Prints the name alone: options may be secrets. */
  [inspect](): string {
    return `<${this.constructor.name}>`;
  }

  toJSON(): { readonly storage: string } {
    return { storage: this.storageName };
  }

  async #set(resource: Storable): Promise<void> {
    const name = resource.ovo.model.name;
    // The model's name says which of the three classes the object is of.
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
