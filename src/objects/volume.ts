/** A volume and its operations. */
import { booleanOptions, fieldsArgument, objectArgument, requireModel } from '../arguments.ts';
import { refuseAssignments, refuseNewProperties } from '../assignments.ts';
import { snapshotListModel } from '../cinder/snapshot.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { volumeModel } from '../cinder/volume.ts';
import { volumeAttachmentListModel } from '../cinder/volume-attachment.ts';
import { wantsMultipath } from '../drivers/attach-options.ts';
import { hostConnectorProperties } from '../drivers/connector.ts';
import type { VolumeDriver } from '../drivers/volume-driver.ts';
import { InvalidDump, InvalidVolume, NotLocal, ValueError, VolumeNotFound } from '../errors/index.ts';
import { readConnections, readSnapshots, readVolumes } from '../persistence/read-objects.ts';
import type { Backend } from './backend.ts';
import { backendOfHost, initialisedBackend, writableBackend } from './backends.ts';
import { ChildList } from './child-list.ts';
import { Connection, type PreparedConnection, type Termination } from './connection.ts';
import type { Context } from './context.ts';
import { createAndStore } from './creation.ts';
import { livingBackend, refuseDeleted } from './deleted.ts';
import { markFailed, saveAfter, undoAfter, withResource } from './failed-operation.ts';
import type { VolumeFields } from './fields.ts';
import type { NewConnectionFields, NewSnapshotFields, NewVolumeFields } from './given-fields.ts';
import { makeWithId, refuseTaken } from './given-id.ts';
import { applyModelUpdate } from './model-update.ts';
import { NamedResource } from './named-resource.ts';
import type { FieldValues } from './new-object.ts';
import { checkPoolName, newVolume, volumeFieldsFrom } from './new-volume.ts';
import { refuseArguments } from './refuse-arguments.ts';
import { checkSize } from './size.ts';
import { Snapshot } from './snapshot.ts';
import { VolumeType } from './volume-type.ts';
import { withFields } from './with-fields.ts';

const gibibyte = 1024 ** 3;

/** The connector properties of a host, as os-brick reports them: `host`, `ip`, `initiator`… */
export type ConnectorProperties = Readonly<Record<string, unknown>>;

/**
 * A volume: a row of Cinder's table `volumes`, with its type, snapshots and connections. Its fields are properties
 * named like the columns; an assignment is checked immediately (`ValueError`) and stored by `save()`.
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
  /** The connection through which this object was attached to this host; null if it was not. */
  local_attach: Connection | null = null;
  readonly #snapshots = new ChildList<Snapshot>(this, 'snapshots', snapshotListModel);
  readonly #connections = new ChildList<Connection>(this, 'volume_attachment', volumeAttachmentListModel);
  #volumeType: VolumeType | null = null;

  /** Whether the caller chose the id, which may then be taken already. */
  #hasGivenId = false;

  protected override readonly resourceClass = 'Volume';
  protected override readonly simplifiedWithout = ['snapshots', 'volume_attachment'];

  static {
    refuseAssignments('volume', Volume);
    refuseArguments(Volume, 'snapshots', 'connections', 'attach', 'cleanup', 'save', 'delete');
  }

  constructor(...given: ConstructorParameters<typeof NamedResource>) {
    super(...given);
    refuseNewProperties(this, Volume, new.target);
  }

  /** Wraps an object from a storage or a dump, together with the snapshots and connections inside it. */
  static restore(context: Context, ovo: VersionedObject, backend?: Backend | string): Volume {
    const volume = new Volume(context, backend ?? backendOfHost(context, ovo), ovo);
    volume.#wrapChildren();
    return volume;
  }

  /**
   * A volume that does not exist on the storage yet.
   *
   * @param pool The pool of the backend, unless the fields have a `host`. Default: the first.
   */
  static make(backend: Backend, fields: FieldValues, pool?: string | null): Volume {
    const volume = new Volume(backend.context, backend, newVolume(backend, fields, pool));
    volume.#hasGivenId = Boolean(fields['id']);
    volume.#wrapChildren();
    return volume;
  }

  protected override get sizeToShow(): unknown {
    return this.size;
  }

  /** The volume type with its extra specs and QoS specs; null for a volume that has no type or is not stored yet. */
  get volume_type(): VolumeType | null {
    const ovo = this.ovo.child('volume_type');
    if (ovo === null) return null;
    if (this.#volumeType?.ovo !== ovo) this.#volumeType = new VolumeType(ovo);
    return this.#volumeType;
  }

  /** The volume's snapshots; the first call reads them from the storage. */
  async snapshots(): Promise<readonly Snapshot[]> {
    return this.#snapshots.load(() => this.#readSnapshots());
  }

  async #readSnapshots(): Promise<readonly Snapshot[]> {
    const snapshots = await readSnapshots(this.context.persistence, { volume_id: this.id });
    for (const snapshot of snapshots) snapshot.setVolume(this);
    return snapshots;
  }

  /** The volume's connections; the first call reads them from the storage. */
  async connections(): Promise<readonly Connection[]> {
    return this.#connections.load(async () => {
      const connections = await readConnections(this.context.persistence, { volume_id: this.id });
      for (const connection of connections) connection.setVolume(this);
      return connections;
    });
  }

  /**
   * Stores the fields assigned since the volume was created, read or last saved; all fields if none was.
   *
   * @throws VolumeNotFound when the volume is no longer stored; else the storage's error. The fields then still count
   *   as changed, so that `save()` can be repeated.
   */
  async save(): Promise<void> {
    await this.context.persistence.setOne(this);
  }

  /**
   * The volume and its loaded children, parents first: what `load` with `save` stores, the children whole.
   *
   * @throws InvalidDump for a volume without a host, which would belong to no backend, and break every listing
   */
  toBeStored(): readonly (Volume | Snapshot | Connection)[] {
    if (!this.ovo.get('host')) throw new InvalidDump(`Volume ${this.id} has no host, and so no backend.`);
    const children = this.#children();
    for (const child of children) child.ovo.resetChanges();
    return [this, ...children];
  }

  /**
   * Reads the volume again, and its snapshots and connections if they have been loaded. Unsaved assignments are lost,
   * except in memory storage, which holds this very object. Throws `VolumeNotFound` when the volume is not stored.
   */
  async refresh(): Promise<void> {
    // Snapshots first: if a read fails, the volume still shows its old state; afterwards it changes in one step.
    if (this.#snapshots.isWanted) await this.#snapshots.reload(() => this.#readSnapshots());
    const [again] = await readVolumes(this.context.persistence, { volume_id: this.id });
    if (again === undefined) throw new VolumeNotFound(this.id);
    // Memory storage holds this very object, so there is nothing newer.
    if (again === this) return;
    const wantsConnections = this.#connections.isWanted;
    this.replaceOvo(again.ovo);
    this.#snapshots.show();
    this.#connections.show();
    if (wantsConnections) await this.#connections.reload(() => again.connections());
    for (const child of this.#children()) child.setVolume(this);
  }

  /** Creates the volume on the storage. Called by `backend.createVolume`. */
  async create(): Promise<void> {
    await this.#create((driver) => driver.createVolume(this));
  }

  /**
   * Deletes the volume from the storage, then its metadata.
   *
   * @throws InvalidVolume when it has snapshots; else what the driver or the metadata storage threw, with the volume as
   *   `error.resource`, whose status is then `error_deleting`.
   */
  async delete(): Promise<void> {
    const backend = writableBackend(this);
    // Ask the storage: a snapshot may have been taken through another object of this volume.
    const stored = await readSnapshots(this.context.persistence, { volume_id: this.id });
    // As in the original, this loads the snapshots, so that dumps of the volume contain them from now on.
    const shown = await this.snapshots();
    if (stored.length > 0 || shown.length > 0) {
      throw withResource(new InvalidVolume(`Cannot delete volume ${this.id} with snapshots`), this);
    }
    try {
      await backend.driver.deleteVolume(this);
      await this.context.persistence.deleteVolume(this);
    } catch (error) {
      throw await markFailed(this, 'error_deleting', error);
    }
    backend.forgetVolume(this);
  }

  /**
   * Extends the volume.
   *
   * @param size The new size in GiB, a whole number. Whether a smaller size is refused is up to the driver.
   * @returns The new size in bytes; of an attached volume, the size that its device reports.
   * @throws ValueError for an invalid size, InvalidVolume for 0; else what the driver threw, with the volume as
   *   `error.resource`, whose status is then `error`. If only the attached device could not be resized, the error is
   *   its connector's and the volume has its new size.
   */
  async extend(size: number): Promise<number> {
    livingBackend(this);
    checkSize(size);
    if (size === 0 && Number(this.size) > 0) {
      throw withResource(new InvalidVolume(`Cannot extend volume ${this.id} of ${this.size} GiB to 0 GiB`), this);
    }
    return this.#inTurn((backend) => this.#extend(backend, size));
  }

  async #extend({ driver }: Backend, size: number): Promise<number> {
    // Remembered here, since the volume may be refreshed while the driver works.
    const { status } = this;
    this.previous_status = status;
    this.status = 'extending';
    try {
      await driver.extendVolume(this, size);
    } catch (error) {
      this.previous_status = status;
      throw await markFailed(this, 'error', error);
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
      throw withResource(error, this);
    }
  }

  /** Creates a volume with the same content. The given fields override those copied from this volume. */
  async clone(fields: NewVolumeFields = {}): Promise<Volume> {
    const given = fieldsArgument('clone() takes an object with fields', fields, { source_volid: this.id });
    refuseDeleted(this);
    const copy = this.#like({ ...given, source_volid: this.id });
    await copy.#create((driver) => driver.createClonedVolume(copy, this));
    return copy;
  }

  /** Creates a volume from one of this volume's snapshots. Called by `snapshot.createVolume`. */
  async restoreSnapshot(snapshot: Snapshot, fields: FieldValues): Promise<Volume> {
    refuseDeleted(this);
    const copy = this.#like({ size: snapshot.volume_size, ...fields, snapshot_id: snapshot.id });
    await copy.#create((driver) => driver.createVolumeFromSnapshot(copy, snapshot));
    return copy;
  }

  /** A new volume modelled on this one, in the same pool unless `pool_name` is given. */
  #like({ pool_name, ...fields }: FieldValues): Volume {
    checkPoolName(pool_name);
    const place = pool_name == null ? {} : { host: undefined };
    const given = { ...volumeFieldsFrom(this.ovo), ...place, ...fields };
    return Volume.make(initialisedBackend(this.backend), given, pool_name ?? this.host?.split('#')[1]);
  }

  /**
   * Takes a snapshot of the volume and stores it.
   *
   * @param fields Any field of a snapshot; also `name` and `description`.
   * @returns The snapshot, with status `available`.
   * @throws ValueError or InvalidOption for wrong fields; DuplicateEntry for an `id` that is taken; else what the
   *   driver threw, with the snapshot as `error.resource`, whose status is then `error`.
   */
  async createSnapshot(fields: NewSnapshotFields = {}): Promise<Snapshot> {
    const backend = livingBackend(this);
    const decided = { ...Snapshot.fieldsFrom(this), volume: null };
    const given = fieldsArgument('createSnapshot() takes an object with fields', fields, decided);
    const defaults = { display_name: '', display_description: '' };
    const snapshot = Snapshot.make(this, { ...defaults, ...given });
    const create = async (): Promise<Snapshot> => {
      await snapshot.create();
      return snapshot;
    };
    if (!given['id']) return create();
    const snapshot_id = snapshot.id;
    const stored = () => readSnapshots(this.context.persistence, { snapshot_id });
    return makeWithId(backend, 'Snapshot', snapshot_id, stored, create);
  }

  /**
   * Puts a child that was refreshed, or loaded together with its volume, into the loaded list. A volume nested in a
   * connection lists a separate object for that connection, which goes into the list instead: dumps would not print
   * the enclosing connection a second time.
   *
   * @param again The volume as it was read together with the child.
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

  /** Removes a deleted snapshot from the loaded list. */
  forgetSnapshot(snapshot: Snapshot): void {
    this.#snapshots.remove(snapshot);
  }

  /**
   * Exports the volume and connects it to a host, where the connection can then be attached.
   *
   * @param connector The host's properties, as os-brick reports them: `host`, `ip`, `initiator`… The driver decides
   *   which it needs.
   * @param fields Any field of a connection; also `use_multipath`.
   * @throws ValueError or InvalidOption for wrong arguments; DuplicateEntry for an `id` that is taken; else what the
   *   driver threw, after the export was undone.
   */
  async connect(connector: ConnectorProperties, fields: NewConnectionFields = {}): Promise<Connection> {
    const backend = livingBackend(this);
    const host = objectArgument("connect() takes an object with the host's properties", connector, ValueError);
    const expected = 'connect() takes an object with fields after the connector';
    const given = fieldsArgument(expected, fields, {
      volume: null,
      volume_id: this.id,
      connector: null,
      connection_info: null,
    });
    // Before the export is created: undoing it would remove the export that existing connections use.
    const prepared = Connection.prepare(this, host, given);
    const connect = () => this.#inTurn(({ driver }) => this.#connect(driver, host, prepared));
    if (!given['id']) return connect();
    const connection_id = String(prepared.ovo.get('id'));
    const stored = () => readConnections(this.context.persistence, { connection_id });
    return makeWithId(backend, 'Connection', connection_id, stored, connect);
  }

  async #connect(driver: VolumeDriver, host: ConnectorProperties, prepared: PreparedConnection): Promise<Connection> {
    const modelUpdate = await driver.createExport(null, this, host);
    try {
      if (applyModelUpdate(this.ovo, modelUpdate)) await this.save();
      const connection = await Connection.connect(this, host, prepared);
      await this.#use(connection);
      return connection;
    } catch (error) {
      throw await undoAfter(error, this, async () => driver.removeExport(null, this));
    }
  }

  /** Stores that the volume is in use. The connection that uses it is already stored. */
  async #use(connection: Connection): Promise<void> {
    const { status } = this;
    try {
      this.status = 'in-use';
      await this.save();
    } catch (error) {
      this.ovo.restore('status', status);
      throw await undoAfter(error, this, () => connection.takeBack());
    }
    this.#connections.put(connection);
  }

  /**
   * Terminates one of the volume's connections and tells the driver to remove the export. When it was the last
   * connection, the volume becomes `available`.
   *
   * @param options `force`: have the driver terminate it even if data is lost.
   * @throws InvalidOption for anything but a connection, ValueError for one of another volume; else what the driver
   *   threw.
   */
  async disconnect(connection: Connection, options: { force?: boolean } = {}): Promise<void> {
    requireModel('disconnect', connection, 'VolumeAttachment');
    const { force } = booleanOptions('disconnect', options, { force: false });
    if (connection.volume_id !== this.id || connection.context !== this.context) {
      throw new ValueError(
        `Connection ${connection.id} of volume ${connection.volume_id} is none of volume ${this.id} in this context.`,
      );
    }
    await this.#end(connection, { force });
  }

  /** Terminates a connection. With the last one, the volume is no longer in use. */
  async #end(connection: Connection, how: Termination): Promise<void> {
    await this.#inTurn(async ({ driver }) => {
      await connection.terminate(how);
      this.#connections.remove(connection);
      await driver.removeExport(null, this);
      // Ask the storage: other objects of this volume may have added or terminated connections.
      if ((await readConnections(this.context.persistence, { volume_id: this.id })).length > 0) return;
      this.status = 'available';
      await this.save();
    });
  }

  /** Connects the volume to this host and attaches it; `connection.path` is the path of the device. */
  async attach(): Promise<Connection> {
    const { driver } = livingBackend(this);
    const connection = await this.connect(hostConnectorProperties(wantsMultipath(driver)));
    try {
      await connection.attach();
    } catch (error) {
      throw await undoAfter(error, this, () => this.disconnect(connection));
    }
    return connection;
  }

  /**
   * Detaches the volume from this host and disconnects it.
   *
   * @param options `force`: remove the connection even if detaching or terminating it fails, and even if data is lost.
   *   `ignore_errors`: disconnect even if detaching fails.
   * @throws NotLocal when the volume was not attached through this object; else what the connector or the driver threw.
   */
  async detach(options: { force?: boolean; ignore_errors?: boolean } = {}): Promise<void> {
    const { force, ignore_errors } = booleanOptions('detach', options, { force: false, ignore_errors: false });
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

  /** Detaches every attached connection and removes the export. */
  async cleanup(): Promise<void> {
    livingBackend(this);
    for (const connection of await this.connections()) if (connection.attached) await connection.detach();
    await this.#inTurn(async ({ driver }) => driver.removeExport(null, this));
  }

  /** Runs a task in turn. Checks again once it is due: meanwhile the context may be closed, or the volume deleted. */
  async #inTurn<T>(task: (backend: Backend) => Promise<T>): Promise<T> {
    return livingBackend(this).inTurn(this.id, () => task(livingBackend(this)));
  }

  protected override async loadForDump(): Promise<void> {
    await this.snapshots();
    await this.connections();
  }

  /** Has the driver create this volume, and stores the result. */
  async #create(run: (driver: VolumeDriver) => unknown): Promise<void> {
    const backend = writableBackend(this);
    const stored = () => readVolumes(this.context.persistence, { volume_id: this.id });
    // Synchronously, before any read: of two concurrent calls with the same id, only one gets it.
    for (const { volumesInFlight } of this.context.backends.values()) {
      refuseTaken('Volume', this.id, volumesInFlight.has(this.id));
    }
    backend.volumesInFlight.set(this.id, this);
    try {
      if (this.#hasGivenId) refuseTaken('Volume', this.id, (await stored()).length > 0);
      await createAndStore({
        object: this,
        make: () => run(backend.driver),
        save: () => this.save(),
        stored,
        undo: () => backend.driver.deleteVolume(this),
      });
    } finally {
      backend.volumesInFlight.delete(this.id);
    }
    backend.rememberVolume(this);
  }

  /** The loaded children. */
  #children(): readonly (Snapshot | Connection)[] {
    return [...(this.#snapshots.loaded ?? []), ...(this.#connections.loaded ?? [])];
  }

  /** Wraps the snapshots and attachments that came inside the object. */
  #wrapChildren(): void {
    this.#snapshots.wrapNested((child) => Snapshot.restoreChild(this.context, child, this));
    this.#connections.wrapNested((child) => Connection.restoreChild(this.context, child, this));
  }
}
