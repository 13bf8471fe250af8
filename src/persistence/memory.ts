/**
 * Storage in memory: keeps the saved objects themselves, for the lifetime of the context.
 *
 * Also the model for plugins: it implements the contract and nothing else.
 */
import { keyArgument, requireModel } from '../arguments.ts';
import { backendIn } from '../cinder/host.ts';
import { ConnectionNotFound, SnapshotNotFound, VolumeNotFound } from '../errors/index.ts';
import type { Connection } from '../objects/connection.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import type { Volume } from '../objects/volume.ts';
import type { ConnectionFilter, SnapshotFilter, Storable, VolumeFilter } from './driver.ts';
import { PersistenceDriver } from './driver.ts';
import type { DriverDatabase } from './driver-database.ts';
import { connectionFilter, snapshotFilter, volumeFilter } from './filters.ts';
import { KeyValue, keyOf, storableKeyValue } from './key-value.ts';

export class MemoryPersistence extends PersistenceDriver {
  readonly #volumes = new Map<string, Volume>();
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #connections = new Map<string, Connection>();
  readonly #keyValues = new Map<string, KeyValue>();
  /** Deleted objects, which an operation still in progress must not store again. */
  readonly #deleted = new WeakSet<Storable>();

  override get storageName(): string {
    return 'memory';
  }

  override get db(): DriverDatabase {
    return this.lookUps;
  }

  override async getVolumes(filter: VolumeFilter = {}): Promise<readonly Volume[]> {
    const { volume_id, volume_name, backend_name } = volumeFilter('getVolumes', filter);
    return select(this.#volumes, volume_id).filter(
      (volume) =>
        (!volume_name || volume.display_name === volume_name) && (!backend_name || backendOf(volume) === backend_name),
    );
  }

  override async getSnapshots(filter: SnapshotFilter = {}): Promise<readonly Snapshot[]> {
    const { snapshot_id, snapshot_name, volume_id } = snapshotFilter(filter);
    return select(this.#snapshots, snapshot_id).filter(
      (snapshot) =>
        (!snapshot_name || snapshot.display_name === snapshot_name) && (!volume_id || snapshot.volume_id === volume_id),
    );
  }

  override async getConnections(filter: ConnectionFilter = {}): Promise<readonly Connection[]> {
    const { connection_id, volume_id } = connectionFilter(filter);
    return select(this.#connections, connection_id).filter(
      (connection) => !volume_id || connection.volume_id === volume_id,
    );
  }

  override async getKeyValues(key?: string | null): Promise<readonly KeyValue[]> {
    // Returns copies, as the setter stores one: what is stored changes only when it is set.
    return select(this.#keyValues, keyArgument('getKeyValues', key)).map(
      (stored) => new KeyValue(stored.key, stored.value),
    );
  }

  override async setVolume(volume: Volume): Promise<void> {
    requireModel('setVolume', volume, 'Volume');
    if (this.#deleted.has(volume)) throw new VolumeNotFound(volume.id);
    this.#volumes.set(volume.id, volume);
    await super.setVolume(volume);
  }

  override async setSnapshot(snapshot: Snapshot): Promise<void> {
    requireModel('setSnapshot', snapshot, 'Snapshot');
    if (this.#deleted.has(snapshot)) throw new SnapshotNotFound(snapshot.id);
    this.#snapshots.set(snapshot.id, snapshot);
    await super.setSnapshot(snapshot);
  }

  override async setConnection(connection: Connection): Promise<void> {
    requireModel('setConnection', connection, 'VolumeAttachment');
    if (this.#deleted.has(connection)) throw new ConnectionNotFound(connection.id);
    this.#connections.set(connection.id, connection);
    await super.setConnection(connection);
  }

  override async setKeyValue(keyValue: KeyValue): Promise<void> {
    const { key, value } = storableKeyValue(keyValue);
    this.#keyValues.set(key, new KeyValue(key, value));
    await super.setKeyValue(keyValue);
  }

  /** Deletes the volume and, like a database, the snapshots and connections that depend on it. */
  override async deleteVolume(volume: Volume): Promise<void> {
    requireModel('deleteVolume', volume, 'Volume');
    this.#deleted.add(volume);
    this.#volumes.delete(volume.id);
    for (const children of [this.#snapshots, this.#connections]) {
      for (const [id, child] of children) {
        if (child.volume_id !== volume.id) continue;
        this.#deleted.add(child);
        children.delete(id);
      }
    }
    await super.deleteVolume(volume);
  }

  override async deleteSnapshot(snapshot: Snapshot): Promise<void> {
    requireModel('deleteSnapshot', snapshot, 'Snapshot');
    this.#deleted.add(snapshot);
    this.#snapshots.delete(snapshot.id);
    await super.deleteSnapshot(snapshot);
  }

  override async deleteConnection(connection: Connection): Promise<void> {
    requireModel('deleteConnection', connection, 'VolumeAttachment');
    this.#deleted.add(connection);
    this.#connections.delete(connection.id);
    await super.deleteConnection(connection);
  }

  override async deleteKeyValue(keyValue: KeyValue | string): Promise<void> {
    this.#keyValues.delete(keyOf(keyValue));
    await super.deleteKeyValue(keyValue);
  }
}

/** The value under a key, or all values if the key is empty. */
function select<V>(values: ReadonlyMap<string, V>, key: string | null | undefined): V[] {
  if (!key) return [...values.values()];
  const value = values.get(key);
  return value === undefined ? [] : [value];
}

function backendOf({ host }: Volume): string | undefined {
  return backendIn(host ?? '');
}
