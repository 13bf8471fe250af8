/** A volume: what the user holds, and what can be done with it. */
import { snapshotListModel } from '../cinder/snapshot.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { volumeModel } from '../cinder/volume.ts';
import { volumeAttachmentListModel } from '../cinder/volume-attachment.ts';
import { wantsMultipath } from '../drivers/attach-options.ts';
import { hostConnectorProperties } from '../drivers/connector.ts';
import { InvalidVolume, NotLocal, ValueError, VolumeNotFound } from '../errors/index.ts';
import { givenFields, givenObject, givenSwitches, refuseOthers } from '../given.ts';
import { refuseAssignments, refuseNewProperties } from './assignments.ts';
import type { Backend } from './backend.ts';
import { backendOfHost, changeable, operable } from './backends.ts';
import { ChildList } from './child-list.ts';
import { Connection } from './connection.ts';
import type { Context } from './context.ts';
import type { VolumeFields } from './fields.ts';
import type { NewConnectionFields, NewSnapshotFields, NewVolumeFields } from './given-fields.ts';
import { makeWithId, refuseTaken } from './given-id.ts';
import { applyModelUpdate, checkSize, failed, failing, saveAfter, undone } from './lifecycle.ts';
import { NamedResource } from './named-resource.ts';
import { type FieldValues, withDisplayNames } from './new-object.ts';
import { checkPoolName, newVolume, volumeFieldsFrom } from './new-volume.ts';
import { Snapshot } from './snapshot.ts';
import { VolumeType } from './volume-type.ts';
import { withFields } from './with-fields.ts';

const gibibyte = 1024 ** 3;

/** The properties of the host that a volume is connected to, as os-brick gives them. */
export type ConnectorProperties = Readonly<Record<string, unknown>>;

/**
 * A volume: a row of Cinder's table `volumes`, with its type, snapshots and connections. Its fields are properties
 * with the names of the columns; an assignment is checked at once (`ValueError`) and stored by `save()`.
 *
 * @example
 * ```ts
 * const volume = await backend.createVolume(1, { name: 'data' });
 * volume.display_name = 'renamed';
 * await volume.save();
 * const snapshot = await volume.createSnapshot({ name: 'before' });
 * await volume.extend(2);
 * ```
 */
export class Volume extends withFields<VolumeFields, NamedResource, ConstructorParameters<typeof NamedResource>>(
  NamedResource,
  volumeModel,
) {
  /** The connection by which the volume is attached to this host, while it is. */
  local_attach: Connection | null = null;
  readonly #snapshots = new ChildList<Snapshot>(this, 'snapshots', snapshotListModel);
  readonly #connections = new ChildList<Connection>(this, 'volume_attachment', volumeAttachmentListModel);
  #volumeType: VolumeType | null = null;

  /** Whether the caller chose the id, which may be taken then. */
  #hasGivenId = false;

  protected override readonly resourceClass = 'Volume';
  protected override readonly simplifiedWithout = ['snapshots', 'volume_attachment'];

  static {
    refuseAssignments('volume', Volume);
  }

  constructor(...given: ConstructorParameters<typeof NamedResource>) {
    super(...given);
    refuseNewProperties(this, Volume, new.target);
  }

  /** The volume of an object from a storage or a dump, with the snapshots and connections that came with it. */
  static restore(context: Context, ovo: VersionedObject, backend?: Backend | string): Volume {
    const volume = new Volume(context, backend ?? backendOfHost(context, ovo), ovo);
    volume.#adopt();
    return volume;
  }

  /**
   * A volume that nothing is done with yet: on a backend, or like another volume.
   *
   * @param pool Where on the backend; its first pool unless given.
   */
  static make(context: Context, source: Backend | Volume, fields: FieldValues = {}, pool?: string): Volume {
    const like = source instanceof Volume ? source : null;
    const backend = source instanceof Volume ? operable(source.backend) : source;
    const given = like === null ? fields : { ...volumeFieldsFrom(like.ovo), ...withDisplayNames(fields) };
    const sourcePool = like?.host?.split('#')[1];
    const ovo = newVolume(context.settings, backend, given, pool ?? sourcePool);
    const volume = new Volume(context, backend, ovo);
    volume.#hasGivenId = Boolean(given['id']);
    volume.#adopt();
    return volume;
  }

  protected override get sizeToShow(): unknown {
    return this.size;
  }

  /** The type with its extra specs and QoS specs; null for a volume that has none, or is not stored yet. */
  get volume_type(): VolumeType | null {
    const ovo = this.ovo.child('volume_type');
    if (ovo === null) return null;
    if (this.#volumeType?.ovo !== ovo) this.#volumeType = new VolumeType(ovo);
    return this.#volumeType;
  }

  /** Its snapshots, read from the storage at first use. */
  async snapshots(): Promise<readonly Snapshot[]> {
    return this.#snapshots.load(() => this.#readSnapshots());
  }

  async #readSnapshots(): Promise<readonly Snapshot[]> {
    const snapshots = await this.context.persistence.getSnapshots({ volume_id: this.id });
    for (const snapshot of snapshots) snapshot.setVolume(this);
    return snapshots;
  }

  /** Its connections, read from the storage at first use. */
  async connections(): Promise<readonly Connection[]> {
    return this.#connections.load(async () => {
      const connections = await this.context.persistence.getConnections({ volume_id: this.id });
      for (const connection of connections) connection.setVolume(this);
      return connections;
    });
  }

  /**
   * Stores the fields that were assigned since the volume was made, read or saved; all of them when none was.
   *
   * @throws VolumeNotFound when it is not stored any more; the errors of the storage. Then it is as changed as before.
   */
  async save(): Promise<void> {
    await this.context.persistence.setOne(this);
  }

  /** The volume and what was loaded with it, parents first: what `load` with `save` stores. */
  family(): readonly (Volume | Snapshot | Connection)[] {
    const children = this.#children();
    for (const child of children) child.ovo.resetChanges();
    return [this, ...children];
  }

  /**
   * Reads the volume again, and its snapshots and connections where they were read. What was assigned and not saved is
   * lost, except in memory storage, which holds this very object. Throws `VolumeNotFound` when it is not stored.
   */
  async refresh(): Promise<void> {
    // First: a read that fails leaves the volume with what it shows, and what is read of the volume is in place at once.
    if (this.#snapshots.isWanted) await this.#snapshots.reload(() => this.#readSnapshots());
    const [again] = await this.context.persistence.getVolumes({ volume_id: this.id });
    if (again === undefined) throw new VolumeNotFound(this.id);
    // Memory storage holds the very object: there is nothing newer.
    if (again === this) return;
    const wantsConnections = this.#connections.isWanted;
    this.replaceOvo(again.ovo);
    this.#snapshots.show();
    this.#connections.show();
    if (wantsConnections) await this.#connections.reload(() => again.connections());
    for (const child of this.#children()) child.setVolume(this);
  }

  /** Makes the volume on the storage. `backend.createVolume` does this. */
  async create(): Promise<void> {
    await this.#make((driver) => driver.createVolume(this));
  }

  /** Deletes the volume from the storage and its metadata. It must have no snapshots: `InvalidVolume`. */
  async delete(): Promise<void> {
    const backend = changeable(this);
    // Asked of the storage: another object of this volume may have taken a snapshot.
    const stored = await this.context.persistence.getSnapshots({ volume_id: this.id });
    // As in the original, the volume shows its snapshots from now on.
    const shown = await this.snapshots();
    if (stored.length > 0 || shown.length > 0) {
      throw failing(new InvalidVolume(`Cannot delete volume ${this.id} with snapshots`), this);
    }
    try {
      await backend.driver.deleteVolume(this);
      await this.context.persistence.deleteVolume(this);
    } catch (error) {
      throw await failed(this, 'error_deleting', error);
    }
    backend.forgetVolume(this);
  }

  /**
   * Makes the volume bigger.
   *
   * @param size The new size in GiB, a whole number.
   * @returns The new size in bytes, as the attached device shows it where there is one.
   * @throws ValueError for what is no size, InvalidVolume for 0; else what the driver threw, with the volume, whose
   *   status is `error` then, as `error.resource`. Whether a smaller size is refused is the driver's decision. Where
   *   only the attached device could not be told, the volume has its new size.
   */
  async extend(size: number): Promise<number> {
    changeable(this);
    checkSize(size);
    if (size === 0 && Number(this.size) > 0) {
      throw failing(new InvalidVolume(`Cannot extend volume ${this.id} of ${this.size} GiB to 0 GiB`), this);
    }
    return this.#inTurn((backend) => this.#extend(backend, size));
  }

  async #extend({ driver }: Backend, size: number): Promise<number> {
    // Not asked of the volume again: it may be read anew while the driver works.
    const { status } = this;
    this.previous_status = status;
    this.status = 'extending';
    try {
      await driver.extendVolume(this, size);
    } catch (error) {
      this.previous_status = status;
      throw await failed(this, 'error', error);
    }
    this.size = size;
    this.status = status;
    this.previous_status = null;
    await saveAfter(this);
    const bytes = size * gibibyte;
    if (status !== 'in-use' || this.local_attach === null) return bytes;
    try {
      return await this.local_attach.extend(bytes);
    } catch (error) {
      throw failing(error, this);
    }
  }

  /** Makes a volume with the same content. Fields that are given win over those of this volume. */
  async clone(fields: NewVolumeFields = {}): Promise<Volume> {
    const given = givenFields('clone() takes an object with fields', fields);
    const copy = this.#like({ ...given, source_volid: this.id });
    await copy.#make((driver) => driver.createClonedVolume(copy, this));
    return copy;
  }

  /** Makes a volume from one of this volume's snapshots. `snapshot.createVolume` does this. */
  async restoreSnapshot(snapshot: Snapshot, fields: FieldValues): Promise<Volume> {
    const copy = this.#like({ size: snapshot.volume_size, ...fields, snapshot_id: snapshot.id });
    await copy.#make((driver) => driver.createVolumeFromSnapshot(copy, snapshot));
    return copy;
  }

  /** A volume like this one, in the same pool unless `pool_name` is given. */
  #like({ pool_name, ...fields }: FieldValues): Volume {
    checkPoolName(pool_name);
    if (pool_name === undefined) return Volume.make(this.context, this, fields);
    const backend = operable(this.backend);
    return Volume.make(this.context, this, {
      host: `${this.context.settings.host}@${backend.id}#${pool_name}`,
      ...fields,
    });
  }

  /**
   * Takes a snapshot of the volume and stores it.
   *
   * @param fields Any field of a snapshot; also `name` and `description`.
   * @returns The snapshot, with the status `available`.
   * @throws ValueError, InvalidOption for the fields; DuplicateEntry for an `id` that is taken; else what the driver
   *   threw, with the snapshot, whose status is `error` then, as `error.resource`.
   */
  async createSnapshot(fields: NewSnapshotFields = {}): Promise<Snapshot> {
    const backend = changeable(this);
    const given = givenFields('createSnapshot() takes an object with fields', fields);
    const defaults = { display_name: '', display_description: '' };
    const snapshot = Snapshot.make(this.context, this, { ...defaults, ...withDisplayNames(given) });
    const create = async (): Promise<Snapshot> => {
      try {
        await snapshot.create();
      } finally {
        this.#snapshots.put(snapshot);
      }
      return snapshot;
    };
    if (!given['id']) return create();
    const snapshot_id = snapshot.id;
    const stored = () => this.context.persistence.getSnapshots({ snapshot_id });
    return makeWithId(backend, 'Snapshot', snapshot_id, stored, create);
  }

  /**
   * Shows a child that was read again, or loaded with its volume, in the loaded list. A volume that came inside its
   * connection has another object of that there, which is not printed as the connection that it is inside of.
   *
   * @param again The volume as it was read again with the child.
   */
  childRefreshed(child: Snapshot | Connection, again: Volume | null = null): void {
    if (child instanceof Snapshot) {
      this.#snapshots.put(child);
      return;
    }
    const isShown = this.#connections.loaded?.includes(child) ?? true;
    const others = isShown || again === null ? null : again.#connections.loaded;
    const twin = others?.find(({ id }) => id === child.id);
    twin?.setVolume(this);
    this.#connections.put(twin ?? child);
  }

  /** Takes a deleted snapshot out of the loaded list. */
  forgetSnapshot(snapshot: Snapshot): void {
    this.#snapshots.remove(snapshot);
  }

  /**
   * Exports the volume to a host. The connection that results can be attached there.
   *
   * @param connector The host's properties, as os-brick gives them: `host`, `ip`, `initiator`… What the driver asks for.
   * @param fields Any field of a connection; also `use_multipath`.
   * @throws ValueError, InvalidOption for the arguments; DuplicateEntry for an `id` that is taken; else what the driver
   *   threw, with the export undone.
   */
  async connect(connector: ConnectorProperties, fields: NewConnectionFields = {}): Promise<Connection> {
    const backend = changeable(this);
    const host = givenObject("connect() takes an object with the host's properties", connector, ValueError);
    const given = givenFields('connect() takes an object with fields after the connector', fields);
    // Before the export is made: undoing that would undo the one of the connection that is there.
    const prepared = Connection.prepare(this, host, given);
    const connect = () => this.#inTurn(({ driver }) => this.#connect(driver, host, prepared));
    if (!given['id']) return connect();
    const connection_id = String(prepared.ovo.get('id'));
    const stored = () => this.context.persistence.getConnections({ connection_id });
    return makeWithId(backend, 'Connection', connection_id, stored, connect);
  }

  async #connect(
    driver: Backend['driver'],
    host: ConnectorProperties,
    prepared: ReturnType<typeof Connection.prepare>,
  ): Promise<Connection> {
    const modelUpdate = await driver.createExport(null, this, host);
    try {
      if (applyModelUpdate(this.ovo, modelUpdate)) await this.save();
      const connection = await Connection.connect(this, host, prepared);
      await this.#use(connection);
      return connection;
    } catch (error) {
      throw await undone(error, this, async () => driver.removeExport(null, this));
    }
  }

  /** Stores that the volume is in use, by a connection that is stored already. */
  async #use(connection: Connection): Promise<void> {
    const { status } = this;
    try {
      this.status = 'in-use';
      await this.save();
    } catch (error) {
      this.ovo.restore('status', status);
      throw await undone(error, this, () => connection.takeBack());
    }
    this.#connections.put(connection);
  }

  /**
   * Ends one of the volume's connections, and its export with the last of them.
   *
   * @param options `force`: the driver is to end it even if that loses data.
   * @throws InvalidOption for what is no connection, ValueError for one of another volume; else what the driver threw.
   */
  async disconnect(connection: Connection, options: { force?: boolean } = {}): Promise<void> {
    refuseOthers('disconnect', connection, 'VolumeAttachment');
    const { force } = givenSwitches('disconnect', options, { force: false });
    if (connection.volume_id !== this.id) {
      throw new ValueError(`Connection ${connection.id} is one of volume ${connection.volume_id}, not of ${this.id}.`);
    }
    await this.#end(connection, { force });
  }

  /** Ends a connection, and what the volume is in use for with the last of them. */
  async #end(connection: Connection, how: Parameters<Connection['terminate']>[0]): Promise<void> {
    await this.#inTurn(async ({ driver }) => {
      await connection.terminate(how);
      this.#connections.remove(connection);
      await driver.removeExport(null, this);
      // Asked of the storage: another object of this volume may have made connections, or ended some.
      if ((await this.context.persistence.getConnections({ volume_id: this.id })).length > 0) return;
      this.status = 'available';
      await this.save();
    });
  }

  /** Connects the volume to this host and attaches it: `connection.path` is the device. */
  async attach(): Promise<Connection> {
    const { driver } = operable(this.backend);
    const connection = await this.connect(hostConnectorProperties(wantsMultipath(driver)));
    try {
      await connection.attach();
    } catch (error) {
      throw await undone(error, this, () => this.disconnect(connection));
    }
    return connection;
  }

  /** Detaches the volume from this host and disconnects it. Throws `NotLocal` when it is not attached here. */
  async detach(options: { force?: boolean; ignore_errors?: boolean } = {}): Promise<void> {
    const { force, ignore_errors } = givenSwitches('detach', options, { force: false, ignore_errors: false });
    const connection = this.local_attach;
    if (connection === null) throw new NotLocal(this.id);
    this.context.persistence.checkWritable();
    try {
      await connection.detach({ force, ignore_errors });
    } catch (error) {
      if (!force) throw error;
    }
    this.local_attach = null;
    if (!force) return this.disconnect(connection);
    await this.#end(connection, { force, evenIfRefused: true });
  }

  /** Detaches every connection and removes the export. */
  async cleanup(): Promise<void> {
    changeable(this);
    for (const connection of await this.connections()) if (connection.attached) await connection.detach();
    await this.#inTurn(async ({ driver }) => driver.removeExport(null, this));
  }

  /** Runs a task when its turn has come. Asked again then: the context may have been closed meanwhile. */
  async #inTurn<T>(task: (backend: Backend) => Promise<T>): Promise<T> {
    return changeable(this).inTurn(this.id, () => task(changeable(this)));
  }

  protected override async loadForDump(): Promise<void> {
    await this.snapshots();
    await this.connections();
  }

  /** Runs the driver's way of making this volume, and stores what came of it. */
  async #make(run: (driver: Backend['driver']) => unknown): Promise<void> {
    const backend = changeable(this);
    // At once, without waiting for the storage: of two calls at the same time one gets the id.
    for (const { volumesInFlight } of this.context.backends.values()) {
      refuseTaken('Volume', this.id, volumesInFlight.has(this.id) ? [this.id] : []);
    }
    backend.volumesInFlight.set(this.id, this);
    try {
      if (this.#hasGivenId) {
        refuseTaken('Volume', this.id, await this.context.persistence.getVolumes({ volume_id: this.id }));
      }
      await this.#run(run, backend);
      await saveAfter(this);
    } finally {
      backend.volumesInFlight.delete(this.id);
    }
    backend.rememberVolume(this);
  }

  async #run(run: (driver: Backend['driver']) => unknown, { driver }: Backend): Promise<void> {
    try {
      const modelUpdate = await run(driver);
      this.status = 'available';
      applyModelUpdate(this.ovo, modelUpdate);
    } catch (error) {
      throw await failed(this, 'error', error);
    }
  }

  /** The children that are loaded. */
  #children(): readonly (Snapshot | Connection)[] {
    return [...(this.#snapshots.loaded ?? []), ...(this.#connections.loaded ?? [])];
  }

  /** Makes resources of the snapshots and attachments that came inside the object. */
  #adopt(): void {
    this.#snapshots.adopt((child) => Snapshot.restoreChild(this.context, child, this));
    this.#connections.adopt((child) => Connection.restoreChild(this.context, child, this));
  }
}
