/** A connection of a volume to a host, which Cinder calls a volume attachment. */
import { booleanOptions } from '../arguments.ts';
import { refuseAssignments, refuseNewProperties } from '../assignments.ts';
import { type Dict, isDict, own } from '../cinder/dict.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { volumeAttachmentModel } from '../cinder/volume-attachment.ts';
import type { HostConnector } from '../drivers/connector.ts';
import { hostConnector } from '../drivers/connector-registry.ts';
import { ConnectionNotFound, DeviceUnavailable, InvalidOption, ValueError } from '../errors/index.ts';
import { readConnections } from '../persistence/read-objects.ts';
import { kindOf } from '../shown.ts';
import type { Backend } from './backend.ts';
import { initialisedBackend } from './backends.ts';
import type { Context } from './context.ts';
import { isDeleted, refuseDeleted } from './deleted.ts';
import { undoAfter } from './failed-operation.ts';
import type { ConnectionFields } from './fields.ts';
import { type FieldValues, newObject } from './new-object.ts';
import { ParentVolume } from './parent-volume.ts';
import { refuseArguments } from './refuse-arguments.ts';
import { Resource } from './resource.ts';
import type { ConnectorProperties, Volume } from './volume.ts';
import { withFields } from './with-fields.ts';

/** A connection that the driver has not established yet. */
export interface PreparedConnection {
  readonly ovo: VersionedObject;
  readonly use_multipath: boolean | undefined;
}

/** How a connection is terminated. */
export interface Termination {
  /** Whether the driver is to terminate it even if data is lost. */
  readonly force: boolean;
  /** Whether to delete the connection even if the driver fails to terminate it. */
  readonly evenIfRefused?: boolean;
}

/**
 * A connection of a volume to a host: a row of Cinder's table `volume_attachment`, created by `volume.connect`.
 * `connection_info` holds the driver's answer and the attached device; it may contain secrets.
 *
 * @example
 * ```ts
 * const connection = await volume.connect({ host: 'node-1' });
 * console.log(connection.protocol, connection.connected);
 * await connection.disconnect();
 * ```
 */
export class Connection extends withFields<ConnectionFields, Resource, ConstructorParameters<typeof Resource>>(
  Resource,
  volumeAttachmentModel,
) {
  /** Whether the host is to reach the volume over multiple paths. */
  readonly use_multipath: boolean;
  readonly #volume = new ParentVolume(this);
  #hostConnector: HostConnector | null = null;
  /** Whether the object had no `attach_mode` and was given one here. */
  #hasUsualMode = false;

  protected override readonly resourceClass = 'Connection';
  protected override readonly simplifiedWithout = ['volume'];

  static {
    refuseAssignments('connection', Connection);
    refuseArguments(Connection, 'volume', 'attach', 'save');
  }

  constructor(context: Context, backend: Backend | string | null, ovo: VersionedObject, use_multipath?: boolean) {
    super(context, backend, ovo);
    this.use_multipath = use_multipath ?? isMultipath(ovo);
    this.#completeAccessMode();
    refuseNewProperties(this, Connection, new.target);
  }

  /** Wraps an object from a storage or a dump. */
  static restore(context: Context, ovo: VersionedObject, backend?: Backend | string): Connection {
    const inside = ovo.child('volume');
    const volume = inside === null ? null : context.restore.volume(inside, backend);
    const connection = new Connection(context, backend ?? volume?.backend ?? null, ovo);
    connection.#volume.keep(volume);
    return connection;
  }

  /** Wraps an object that came inside its volume. */
  static restoreChild(context: Context, ovo: VersionedObject, volume: Volume): Connection {
    const connection = new Connection(context, volume.backend, ovo);
    connection.setVolume(volume);
    return connection;
  }

  /** Checks the fields of a new connection, before the driver is called: wrong ones must leave nothing behind. */
  static prepare(volume: Volume, connector: ConnectorProperties, fields: FieldValues): PreparedConnection {
    const { use_multipath, ...given } = fields;
    if (use_multipath !== undefined && typeof use_multipath !== 'boolean') {
      throw new InvalidOption(`connect(): use_multipath must be true or false, not ${kindOf(use_multipath)}.`);
    }
    const ovo = newObject(volumeAttachmentModel, { ...given, connector, volume_id: volume.id, volume: volume.ovo });
    return { ovo, use_multipath };
  }

  /** Has the driver establish a connection to the host, and stores it. Called by `volume.connect`. */
  static async connect(
    volume: Volume,
    connector: ConnectorProperties,
    { ovo, use_multipath }: PreparedConnection,
  ): Promise<Connection> {
    const { driver } = initialisedBackend(volume.backend);
    const conn = await driver.initializeConnection(volume, connector);
    try {
      checkAnswer(conn);
      ovo.set('connection_info', { conn, connector });
      const connection = new Connection(volume.context, volume.backend, ovo, use_multipath);
      connection.#volume.keep(volume);
      await connection.#volume.saveNew();
      return connection;
    } catch (error) {
      throw await undoAfter(error, volume, async () => {
        // The driver has granted the host access. Another connection may be using it: then it stays granted.
        const others = await readConnections(volume.context.persistence, { volume_id: volume.id });
        if (others.length === 0) await driver.terminateConnection(volume, connector, { force: false });
      });
    }
  }

  protected override get summary(): string {
    return ` of volume ${this.volume_id}`;
  }

  /** The driver's answer, `{ driver_volume_type, data }`; empty after a disconnect. */
  get conn_info(): Dict {
    const conn = own(this.connection_info ?? {}, 'conn');
    return isDict(conn) ? conn : {};
  }

  /** The host's properties as the driver was given them, from `connection_info`; else the field `connector`. */
  get connector_info(): Dict | null {
    const connector = own(this.connection_info ?? {}, 'connector');
    return isDict(connector) ? connector : this.connector;
  }

  /** The protocol by which the host reaches the volume: `iscsi`, `rbd`, `local`… */
  get protocol(): string | null {
    const type = own(this.conn_info, 'driver_volume_type');
    return typeof type === 'string' ? type : null;
  }

  /** The attached device on this host, as its connector described it; null while not attached. */
  get device(): Dict | null {
    const device = own(this.connection_info ?? {}, 'device');
    return isDict(device) ? device : null;
  }

  /** The path of {@link device}; null while not attached. */
  get path(): string | null {
    const path = this.device === null ? null : own(this.device, 'path');
    return typeof path === 'string' ? path : null;
  }

  /** Whether the volume is attached through this connection. */
  get attached(): boolean {
    return this.device !== null;
  }

  /** Whether the driver still exports the volume through this connection. */
  get connected(): boolean {
    return Object.keys(this.conn_info).length > 0;
  }

  /** The connected volume; the first call reads it from the storage. Throws `VolumeNotFound`. */
  async volume(): Promise<Volume> {
    return this.#volume.load();
  }

  /** Makes the connection a child of this particular volume object. */
  setVolume(volume: Volume): void {
    this.#volume.set(volume);
  }

  /** Joins the children of the volume that came inside it. Called by `load`. */
  joinVolume(): void {
    this.#volume.join();
  }

  /** Stores the fields assigned since the connection was created, read or last saved; all fields if none was. */
  async save(): Promise<void> {
    await this.context.persistence.setOne(this);
  }

  /** The connection: what `load` with `save` stores. An `attach_mode` that was filled in here is not a change. */
  toBeStored(): readonly Connection[] {
    if (this.#hasUsualMode) this.ovo.resetChanges(['attach_mode']);
    return [this];
  }

  /** Reads the connection again; unsaved assignments are lost. Throws `ConnectionNotFound` when it is not stored. */
  async refresh(): Promise<void> {
    const [again] = await readConnections(this.context.persistence, { connection_id: this.id });
    if (again === undefined) throw new ConnectionNotFound(this.id);
    if (again === this) return;
    this.replaceOvo(again.ovo);
    this.#volume.restore(again.#volume.loaded);
  }

  /** Attaches the volume to this host. A device that cannot be used is detached again: `DeviceUnavailable`. */
  async attach(): Promise<void> {
    this.context.persistence.checkWritable();
    refuseDeleted(this);
    const volume = await this.volume();
    refuseDeleted(volume);
    const connector = await this.#connector();
    const device = await connector.connectVolume(this.#data());
    const release = async () => connector.disconnectVolume(this.#data(), device, { force: true, ignore_errors: true });
    try {
      checkDevice(device);
      this.#setDevice(device);
      await this.save();
    } catch (error) {
      this.#setDevice(null);
      throw await undoAfter(error, this, release);
    }
    if (await this.#isValid(connector)) {
      volume.local_attach = this;
      return;
    }
    const unusable = new DeviceUnavailable(`The device ${this.path} of volume ${this.volume_id} cannot be used.`);
    throw await undoAfter(unusable, this, async () => {
      await release();
      this.#setDevice(null);
      await this.save();
    });
  }

  /** Detaches the volume from this host; the connection stays. */
  async detach(options: { force?: boolean; ignore_errors?: boolean } = {}): Promise<void> {
    const { force, ignore_errors } = booleanOptions('detach', options, { force: false, ignore_errors: false });
    this.context.persistence.checkWritable();
    try {
      await (await this.#connector()).disconnectVolume(this.#data(), this.device, { force, ignore_errors });
    } catch (error) {
      if (!ignore_errors) throw error;
    }
    this.#setDevice(null);
    await this.save();
    this.#hostConnector = null;
    const volume = await this.volume();
    // Compared by id: the volume may have been refreshed, which replaces the connections in its list.
    if (volume.local_attach?.id === this.id) volume.local_attach = null;
  }

  /** Disconnects the volume from the host and deletes the connection. `force`: even if data is lost. */
  async disconnect(options: { force?: boolean } = {}): Promise<void> {
    const volume = await this.volume();
    await volume.disconnect(this, options);
  }

  /** The part of a disconnect that concerns only the connection. */
  async terminate({ force, evenIfRefused = false }: Termination): Promise<void> {
    this.context.persistence.checkWritable();
    // A disconnect that failed later is being repeated. By now the host may use another connection.
    if (isDeleted(this) && !this.connected) return;
    const volume = await this.volume();
    try {
      await initialisedBackend(this.backend).driver.terminateConnection(volume, this.connector_info, { force });
    } catch (error) {
      if (!evenIfRefused) throw error;
    }
    await this.#forget();
  }

  /** Undoes {@link Connection.connect}. The host keeps access while other connections of the volume may need it. */
  async takeBack(): Promise<void> {
    const stored = await readConnections(this.context.persistence, { volume_id: this.volume_id });
    if (stored.every(({ id }) => id === this.id)) await this.terminate({ force: false });
    else await this.#forget();
  }

  async #forget(): Promise<void> {
    await this.context.persistence.deleteConnection(this);
    this.ovo.set('connection_info', null);
  }

  /** Has the attached device take on the volume's new size; returns the device's size in bytes. */
  async extend(bytes: number): Promise<number> {
    return (await (await this.#connector()).extendVolume?.(this.#data())) ?? bytes;
  }

  protected override async loadForDump(): Promise<void> {
    // Nothing to do: a connection comes with its volume.
  }

  async #isValid(connector: HostConnector): Promise<boolean> {
    try {
      return await connector.checkValidDevice(this.path);
    } catch {
      // A check that throws proves the device usable no more than one that returns false.
      return false;
    }
  }

  async #connector(): Promise<HostConnector> {
    const { use_multipath } = this;
    const { root_helper } = this.context.settings;
    this.#hostConnector ??= await hostConnector(this.protocol, { use_multipath, root_helper });
    return this.#hostConnector;
  }

  #data(): Dict {
    const data = own(this.conn_info, 'data');
    return isDict(data) ? data : {};
  }

  /** Replaces `connection_info` as a whole, since changes inside it are not marked as changed. */
  #setDevice(device: Dict | null): void {
    const { device: _, ...info } = this.connection_info ?? {};
    this.ovo.set('connection_info', device === null ? info : { ...info, device });
  }

  /** Keeps the mode in the field and in the driver's answer the same, as the original does in its constructor. */
  #completeAccessMode(): void {
    const data = own(this.conn_info, 'data');
    const inData = isDict(data) ? own(data, 'access_mode') : undefined;
    if (!this.attach_mode) {
      this.#hasUsualMode = !this.ovo.changedFields.has('attach_mode');
      // Null is a value too: the driver has said that there is no mode.
      this.ovo.set('attach_mode', inData === undefined ? 'rw' : inData);
    }
    if (isDict(data) && Object.keys(data).length > 0) data['access_mode'] = this.attach_mode;
  }
}

/** Refuses an answer that the original could not read back: one such row would make its listings fail. */
function checkAnswer(conn: unknown): void {
  if (!isDict(conn)) {
    throw new ValueError(`initializeConnection() of a driver must return an object, not ${kindOf(conn)}.`);
  }
  const data = own(conn, 'data') ?? {};
  if (isDict(data)) return;
  throw new ValueError(`initializeConnection() of a driver must return an object as \`data\`, not ${kindOf(data)}.`);
}

/** Refuses an unusable device: third-party connectors need not keep to the declared type. */
function checkDevice(device: unknown): void {
  if (isDict(device) && typeof own(device, 'path') === 'string') return;
  throw new ValueError(
    `connectVolume() of a connector must return { path, type }, not ${isDict(device) ? 'an object without a path' : kindOf(device)}.`,
  );
}

/** Decides like the original: by the connector, else by the shape of the driver's answer. */
function isMultipath(ovo: VersionedObject): boolean {
  const info = ovo.get('connection_info');
  const connector = isDict(info) ? own(info, 'connector') : undefined;
  if (isDict(connector) && Object.hasOwn(connector, 'multipath')) return Boolean(connector['multipath']);
  const conn = isDict(info) ? own(info, 'conn') : undefined;
  const data = isDict(conn) ? own(conn, 'data') : undefined;
  if (!isDict(data)) return false;
  const severalPortals = Object.hasOwn(data, 'target_iqns') && Object.hasOwn(data, 'target_portals');
  return severalPortals || (Object.hasOwn(data, 'target_wwn') && typeof data['target_wwn'] !== 'string');
}
