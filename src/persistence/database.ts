/**
 * Storage in a database with Cinder's own tables: cinderlib's `db`.
 *
 * This code runs on the same thread as the objects. All SQL runs in the persistence core, usually in a worker, with
 * one call for each operation.
 */
import { keyArgument, listArgument, requireModel } from '../arguments.ts';
import { copyOf } from '../cinder/copy-of.ts';
import { saving } from '../cinder/save-marks.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { ContextClosed, ReadOnly, WorkerLost } from '../errors/index.ts';
import type { Connection } from '../objects/connection.ts';
import type { Context } from '../objects/context.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import type { Volume } from '../objects/volume.ts';
import type { Connect, CoreClient } from '../rpc/client.ts';
import type {
  Command,
  CoreConfig,
  Examination,
  Page,
  RepairedFinding,
  RowChange,
  Scan,
  SingleWrite,
  StorageInfo,
  StoredType,
  VolumeFilter,
  VolumeRows,
} from '../rpc/contract.ts';
import { wireVersion } from '../rpc/wire-version.ts';
import { Turns } from '../turns.ts';
import { BulkWriter } from './bulk-writer.ts';
import { setCommand } from './commands-from-objects.ts';
import {
  type ConnectionFilter,
  PersistenceDriver,
  type PersistenceOptions,
  type SnapshotFilter,
  type Storable,
} from './driver.ts';
import type { DriverDatabase } from './driver-database.ts';
import { connectionFilter, snapshotFilter, volumeFilter } from './filters.ts';
import { KeyValue, keyOf, storableKeyValue } from './key-value.ts';
import { connectionsOf, defaultTypeOf, snapshotsOf, volumesOf } from './objects-from-rows.ts';
import { refuseUnstorable } from './unstorable.ts';

/** Volumes per page. Cinder has no index for the order of a listing, so each page costs a table scan: use few. */
const pageSize = 2000;

export class DatabasePersistence extends PersistenceDriver {
  readonly #storageName: 'db' | 'memory_db';
  readonly #config: CoreConfig;
  readonly #connect: Connect;
  readonly #bulks = new Turns();
  #core: CoreClient | null = null;
  #defaultType: VersionedObject | null = null;

  /** @param storageName The two storages differ only in their configuration. */
  constructor(storageName: 'db' | 'memory_db', options: PersistenceOptions, config: CoreConfig, connect: Connect) {
    super(options);
    this.#storageName = storageName;
    this.#config = config;
    this.#connect = connect;
  }

  override get storageName(): string {
    return this.#storageName;
  }

  override async open(context: Context): Promise<void> {
    await super.open(context);
    const core = await this.#connect();
    core.onChanges((changes) => context.reportChanges(changes));
    try {
      const { version, default_type } = await core.open(this.#config);
      if (version !== wireVersion) throw new WorkerLost(otherVersion);
      this.#defaultType = defaultTypeOf(default_type);
      this.#core = core;
    } catch (error) {
      await core.close();
      throw error;
    }
  }

  override checkWritable(): void {
    const { lost } = this.#running();
    if (lost !== null) throw lost;
    const { read_only, server, database } = this.#config;
    if (read_only) throw new ReadOnly(server?.name ?? database);
  }

  override async refresh(): Promise<void> {
    await this.#refresh();
  }

  /**
   * Makes all later reads see the current state, on a server, where others write at any time. They then share a
   * connection; if that is lost, the next one holds the state of that moment. Only {@link fingerprint} tells.
   */
  async holdState(): Promise<void> {
    if (this.#config.server !== null) await this.#refresh({ hold: true });
  }

  override async close(): Promise<void> {
    const core = this.#core;
    this.#core = null;
    if (core === null) return;
    try {
      await core.call({ kind: 'close' });
    } catch (error) {
      // A core that has terminated has nothing left to close.
      if (!(error instanceof WorkerLost)) throw error;
    } finally {
      try {
        await core.close();
      } finally {
        await super.close();
      }
    }
  }

  override get db(): DriverDatabase {
    return this.lookUps;
  }

  override async getVolumes(filter: VolumeFilter = {}): Promise<readonly Volume[]> {
    const rows = await this.#running().call({ kind: 'getVolumes', filter: volumeFilter('getVolumes', filter) });
    return volumesOf(rows).map((ovo) => this.context.restore.volume(ovo));
  }

  override async *iterateVolumes(filter: VolumeFilter = {}): AsyncGenerator<Volume, void, undefined> {
    const given = volumeFilter('iterateVolumes', filter);
    let after: Page['after'] = null;
    do {
      const page: Page = { limit: pageSize, after };
      const rows: VolumeRows = await this.#running().call({ kind: 'getVolumes', filter: given, page });
      yield* volumesOf(rows).map((ovo) => this.context.restore.volume(ovo));
      after = rows.volumes.rows.length < pageSize ? null : lastOf(rows.volumes.columns, rows.volumes.rows.at(-1) ?? []);
    } while (after !== null);
  }

  override async getSnapshots(filter: SnapshotFilter = {}): Promise<readonly Snapshot[]> {
    const rows = await this.#running().call({ kind: 'getSnapshots', filter: snapshotFilter(filter) });
    return snapshotsOf(rows).map((ovo) => this.context.restore.snapshot(ovo));
  }

  override async getConnections(filter: ConnectionFilter = {}): Promise<readonly Connection[]> {
    const rows = await this.#running().call({ kind: 'getConnections', filter: connectionFilter(filter) });
    return connectionsOf(rows).map((ovo) => this.context.restore.connection(ovo));
  }

  override async getKeyValues(key: string | null = null): Promise<readonly KeyValue[]> {
    const rows = await this.#running().call({ kind: 'getKeyValues', key: keyArgument('getKeyValues', key) });
    return rows.map((row) => new KeyValue(row.key, row.value));
  }

  override async setVolume(volume: Volume): Promise<void> {
    requireModel('setVolume', volume, 'Volume');
    await this.setOne(volume);
  }

  override async setSnapshot(snapshot: Snapshot): Promise<void> {
    requireModel('setSnapshot', snapshot, 'Snapshot');
    await this.setOne(snapshot);
  }

  override async setConnection(connection: Connection): Promise<void> {
    requireModel('setConnection', connection, 'VolumeAttachment');
    await this.setOne(connection);
  }

  override async setKeyValue(keyValue: KeyValue): Promise<void> {
    await this.#running().call({ kind: 'setKeyValue', ...storableKeyValue(keyValue) });
  }

  override async deleteVolume(volume: Volume): Promise<void> {
    requireModel('deleteVolume', volume, 'Volume');
    await this.#running().call({ kind: 'deleteVolume', id: volume.id });
    await super.deleteVolume(volume);
  }

  override async deleteSnapshot(snapshot: Snapshot): Promise<void> {
    requireModel('deleteSnapshot', snapshot, 'Snapshot');
    await this.#running().call({ kind: 'deleteSnapshot', id: snapshot.id });
    await super.deleteSnapshot(snapshot);
  }

  override async deleteConnection(connection: Connection): Promise<void> {
    requireModel('deleteConnection', connection, 'VolumeAttachment');
    await this.#running().call({ kind: 'deleteConnection', id: connection.id });
    await super.deleteConnection(connection);
  }

  override async deleteKeyValue(keyValue: KeyValue | string): Promise<void> {
    await this.#running().call({ kind: 'deleteKeyValue', key: keyOf(keyValue) });
  }

  /** Needs no serialisation here: the core runs commands in the order in which they arrive. */
  override async setOne(resource: Storable): Promise<void> {
    await this.#store('setOne', resource);
  }

  override async setChild(child: Snapshot | Connection): Promise<void> {
    await this.#store('setChild', child, { needs_volume: true });
  }

  /** @param rules see {@link setCommand} */
  async #store(method: string, resource: Storable, rules?: Pick<RowChange, 'needs_volume'>): Promise<void> {
    refuseUnstorable(method, [resource]);
    const { ovo } = resource;
    const command = setCommand(ovo, rules);
    const takeType = this.#typeAfterSave(ovo, command);
    takeType(await saving([ovo], () => this.#running().call(command)));
  }

  /** Stores all objects in one transaction: all or none. */
  override async setAll(resources: readonly Storable[]): Promise<void> {
    refuseUnstorable('setAll', resources);
    await this.setTogether(resources, []);
  }

  override async setTogether(resources: readonly Storable[], keyValues: readonly KeyValue[]): Promise<void> {
    refuseUnstorable('setTogether', resources);
    const objects = resources.map(({ ovo }) => ovo);
    const commands = [
      ...objects.map((object) => setCommand(object)),
      ...listArgument('setTogether', keyValues).map(
        (keyValue) => ({ kind: 'setKeyValue', ...storableKeyValue(keyValue) }) as const,
      ),
    ];
    if (commands.length === 0) return;
    const takers = objects.map((object, place) => this.#typeAfterSave(object, commands[place]));
    const answers = await saving(objects, () => this.#running().call({ kind: 'batch', commands }));
    for (const [place, takeType] of takers.entries()) takeType(answers[place]);
  }

  /**
   * To be called when a save begins. Returns a function that takes over the core's decision about which type the
   * volume or snapshot has now.
   */
  #typeAfterSave(ovo: VersionedObject, command?: SingleWrite): (stored?: StoredType | null) => void {
    const before = ovo.get('volume_type_id');
    const namesType = command?.kind === 'setVolume' && command.change.values['volume_type_id'];
    return (stored) => {
      if (!stored || this.#defaultType === null) return;
      // A type that was assigned while the save was in progress is newer than the one that the core decided on.
      if (ovo.get('volume_type_id') !== before) return;
      ovo.restore('volume_type_id', stored.volume_type_id);
      if (ovo.model.name !== 'Volume') return;
      const isKnown = ovo.child('volume_type')?.get('id') === stored.volume_type_id;
      const isDefault = this.#defaultType.get('id') === stored.volume_type_id;
      // The original attaches its own object of the default type whenever the save does not write the type.
      if (isKnown && (!isDefault || namesType)) return;
      // Volumes do not share type objects: an edit through one must not show on another.
      if (isDefault) ovo.restore('volume_type', copyOf(this.#defaultType));
      // The type of another volume: it is not known here until the volume is read again.
      else ovo.unset('volume_type');
    };
  }

  override async info(): Promise<StorageInfo> {
    return this.#running().call({ kind: 'info' });
  }

  /** The whole database as one SQLite file. */
  async exportDatabase(): Promise<Uint8Array> {
    return this.#running().call({ kind: 'exportDatabase' });
  }

  /** Does nothing: the core reports the changes, so that they arrive in one order with those of other tabs. */
  protected override changed(): void {}

  /** The type of all volumes without one of their own; null before the database is open. */
  get defaultType(): VersionedObject | null {
    return this.#defaultType;
  }

  /** The next part of all volumes, or those with the given ids, as stored: with type, metadata and connections. */
  async scanVolumes(scan: Scan): Promise<readonly VersionedObject[]> {
    return volumesOf(await this.#running().call({ kind: 'scanVolumes', scan }));
  }

  /** The next part of all snapshots, or those with the given ids, as stored. */
  async scanSnapshots(scan: Scan): Promise<readonly VersionedObject[]> {
    return snapshotsOf(await this.#running().call({ kind: 'scanSnapshots', scan }));
  }

  /** The connections that {@link scanVolumes} does not give: those whose volume is missing or marked as deleted. */
  async lostConnections(): Promise<readonly VersionedObject[]> {
    return connectionsOf(await this.#running().call({ kind: 'getConnections', filter: { without_volume: true } }));
  }

  /** A text that differs after any change to the database. */
  async fingerprint(): Promise<string> {
    return this.#running().call({ kind: 'fingerprint' });
  }

  /** Examines the whole database: the number of rows in each table, and what is wrong with them. */
  async examine(options: { readonly integrity: boolean }): Promise<Examination> {
    return this.#running().call({ kind: 'examine', ...options });
  }

  /**
   * Checks changes like a bulk that stores them, and writes nothing, whatever the database allows.
   *
   * @param bulk identifies the bulk, of which they may be a part
   */
  async checkWrites(bulk: string, commands: readonly SingleWrite[]): Promise<void> {
    await this.#running().call({ kind: 'checkWrites', bulk, commands });
  }

  /** Marks the rows of these findings as deleted: all or none. */
  async repair(findings: readonly RepairedFinding[]): Promise<void> {
    await this.#running().call({ kind: 'repair', findings });
  }

  /**
   * Begins a transaction for more changes than fit into memory. Until it ends, everything else waits: in the core, or
   * for the next bulk transaction here, since the core could not tell which of several a change belongs to.
   */
  bulk(): Promise<BulkWriter> {
    return new Promise((resolve, reject) => {
      const whole = async (): Promise<void> => {
        const bulk = await BulkWriter.begin(() => this.#running());
        resolve(bulk);
        await bulk.ended;
      };
      this.#bulks.run(whole).catch(reject);
    });
  }

  async #refresh(rules?: Pick<Extract<Command, { readonly kind: 'refresh' }>, 'hold'>): Promise<void> {
    const { default_type } = await this.#running().call({ kind: 'refresh', ...rules });
    this.#defaultType = defaultTypeOf(default_type);
  }

  #running(): CoreClient {
    if (this.#core !== null) return this.#core;
    throw new ContextClosed('The database is closed. Open it again with setup() or setPersistence().');
  }
}

const otherVersion =
  "The worker's script comes from another version of this library than the script that started it. Serve the files of " +
  'one version together; if the site was updated meanwhile, reload the page.';

function lastOf(columns: readonly string[], row: readonly unknown[]): Page['after'] {
  const created = row[columns.indexOf('created_at')];
  return { created_at: typeof created === 'string' ? created : null, id: String(row[columns.indexOf('id')]) };
}
