/** A volume: what the user holds, and what can be done with it. */
import { snapshotListModel } from '../cinder/snapshot.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { volumeModel } from '../cinder/volume.ts';
import { volumeAttachmentListModel } from '../cinder/volume-attachment.ts';
import { wantsMultipath } from '../drivers/attach-options.ts';
import { hostConnectorProperties } from '../drivers/connector.ts';
import { InvalidVolume, NotLocal, ValueError, VolumeNotFound } from '../errors/index.ts';
import { givenObject, givenSwitches, refuseOthers } from '../given.ts';
import { refuseAssignments, refuseNewProperties } from './assignments.ts';
import type { Backend } from './backend.ts';
import { backendOfHost, changeable, operable } from './backends.ts';
import { ChildList } from './child-list.ts';
import { Connection } from './connection.ts';
import type { Context } from './context.ts';
import type { VolumeFields } from './fields.ts';
import type { NewConnectionFields, NewSnapshotFields, NewVolumeFields } from './given-fields.ts';
import { refuseTaken } from './given-id.ts';
import { applyModelUpdate, checkSize, failed, failing, saveAfter, undone } from './lifecycle.ts';
import { type FieldValues, withDisplayNames } from './new-object.ts';
import { checkPoolName, newVolume, volumeFieldsFrom } from './new-volume.ts';
import { Resource, summaryOf } from './resource.ts';
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
export class Volume extends withFields<VolumeFields, Resource, ConstructorParameters<typeof Resource>>(
  Resource,
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

  constructor(...given: ConstructorParameters<typeof Resource>) {
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

  protected override get summary(): string {
    return summaryOf(this.display_name, this.size, this.status);
  }

  /** Its name for people: `display_name`. */
  get name(): string | null {
    return this.display_name;
  }

  set name(value: string | null) {
    this.display_name = value;
  }

  /** Its description: `display_description`. */
  get description(): string | null {
    return this.display_description;
  }

  set description(value: string | null) {
    this.display_description = value;
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
    return this.#snapshots.load(async () => {
      const snapshots = await this.context.persistence.getSnapshots({ volume_id: this.id });
      for (const snapshot of snapshots) snapshot.setVolume(this);
      return snapshots;
    });
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
    const [again] = await this.context.persistence.getVolumes({ volume_id: this.id });
    if (again === undefined) throw new VolumeNotFound(this.id);
    // Memory storage holds the very object: there is nothing newer.
    if (again === this) return;
    const [wantsSnapshots, wantsConnections] = [this.#snapshots.isWanted, this.#connections.isWanted];
    this.replaceOvo(again.ovo);
    if (wantsSnapshots) await this.#snapshots.reload(() => again.snapshots());
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
   *   status is `error` then, as `error.resource`. Whether a smaller size is refused is the driver's decision.
   */
  async extend(size: number): Promise<number> {
    const backend = changeable(this);
    checkSize(size);
    if (size === 0 && Number(this.size) > 0) {
      throw failing(new InvalidVolume(`Cannot extend volume ${this.id} of ${this.size} GiB to 0 GiB`), this);
    }
    this.previous_status = this.status;
    this.status = 'extending';
    let bytes = size * gibibyte;
    try {
      await backend.driver.extendVolume(this, size);
      this.size = size;
      this.status = this.previous_status;
      this.previous_status = null;
      if (this.status === 'in-use' && this.local_attach !== null) bytes = await this.local_attach.extend(bytes);
    } catch (error) {
      throw await failed(this, 'error', error);
    }
    await saveAfter(this);
    return bytes;
  }

  /** Makes a volume with the same content. Fields that are given win over those of this volume. */
  async clone(fields: NewVolumeFields = {}): Promise<Volume> {
    const given = givenObject('clone() takes an object with fields', fields);
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
    changeable(this);
    const given = givenObject('createSnapshot() takes an object with fields', fields);
    const defaults = { display_name: '', display_description: '' };
    const snapshot = Snapshot.make(this.context, this, { ...defaults, ...withDisplayNames(given) });
    if (given['id']) {
      const { id } = snapshot;
      refuseTaken('Snapshot', id, await this.context.persistence.getSnapshots({ snapshot_id: id }));
    }
    try {
      await snapshot.create();
    } finally {
      this.#snapshots.put(snapshot);
    }
    return snapshot;
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
    const { driver } = changeable(this);
    const host = givenObject("connect() takes an object with the host's properties", connector, ValueError);
    const given = givenObject('connect() takes an object with fields after the connector', fields);
    // Before the export is made: undoing that would undo the one of the connection that is there.
    const prepared = Connection.prepare(this, host, given);
    if (given['id']) {
      const connection_id = String(prepared.ovo.get('id'));
      refuseTaken('Connection', connection_id, await this.context.persistence.getConnections({ connection_id }));
    }
    const modelUpdate = await driver.createExport(null, this, host);
    if (applyModelUpdate(this.ovo, modelUpdate)) await this.save();
    const { status } = this;
    try {
      const connection = await Connection.connect(this, host, prepared);
      this.#connections.put(connection);
      this.status = 'in-use';
      await this.save();
      return connection;
    } catch (error) {
      this.ovo.restore('status', status);
      throw await undone(error, this, async () => driver.removeExport(null, this));
    }
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
    await connection.terminate({ force });
    await this.forgetConnection(connection);
  }

  /** What is left to do on the volume when one of its connections is gone. */
  async forgetConnection(connection: Connection): Promise<void> {
    this.#connections.remove(connection);
    await operable(this.backend).driver.removeExport(null, this);
    // Asked of the storage: another object of this volume may have made connections, or ended some.
    if ((await this.context.persistence.getConnections({ volume_id: this.id })).length > 0) return;
    this.status = 'available';
    await this.save();
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
    await connection.terminate({ force, evenIfRefused: true });
    await this.forgetConnection(connection);
  }

  /** Detaches every connection and removes the export. */
  async cleanup(): Promise<void> {
    const { driver } = changeable(this);
    for (const connection of await this.connections()) if (connection.attached) await connection.detach();
    await driver.removeExport(null, this);
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
