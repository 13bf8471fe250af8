/** A persistence plugin that keeps each object as text, as it might in a key-value store. */
import {
  type Connection,
  type ConnectionFilter,
  KeyValue,
  PersistenceDriver,
  type Snapshot,
  type SnapshotFilter,
  type Volume,
  type VolumeFilter,
} from 'cinderlib-wasm';

export class NoteBook extends PersistenceDriver {
  readonly #notes = new Map<string, string>();

  override get db() {
    return null;
  }

  override async getVolumes({ volume_id, volume_name, backend_name }: VolumeFilter = {}) {
    const volumes = await this.#all<Volume>('volume');
    return volumes.filter(
      (volume) =>
        (!volume_id || volume.id === volume_id) &&
        (!volume_name || volume.name === volume_name) &&
        (!backend_name || volume.host?.includes(`@${backend_name}#`)),
    );
  }

  override async getSnapshots({ snapshot_id, snapshot_name, volume_id }: SnapshotFilter = {}) {
    const snapshots = await this.#all<Snapshot>('snapshot');
    return snapshots.filter(
      (snapshot) =>
        (!snapshot_id || snapshot.id === snapshot_id) &&
        (!snapshot_name || snapshot.name === snapshot_name) &&
        (!volume_id || snapshot.volume_id === volume_id),
    );
  }

  override async getConnections({ connection_id, volume_id }: ConnectionFilter = {}) {
    const connections = await this.#all<Connection>('connection');
    return connections.filter(
      (connection) =>
        (!connection_id || connection.id === connection_id) && (!volume_id || connection.volume_id === volume_id),
    );
  }

  override async getKeyValues(key?: string | null) {
    return [...this.#notes]
      .filter(([name]) => name.startsWith('key/') && (!key || name === `key/${key}`))
      .map(([name, text]) => new KeyValue(name.slice('key/'.length), JSON.parse(text)));
  }

  override async setVolume(volume: Volume) {
    this.#notes.set(`volume/${volume.id}`, volume.toJsons());
    await super.setVolume(volume);
  }

  override async setSnapshot(snapshot: Snapshot) {
    this.#notes.set(`snapshot/${snapshot.id}`, snapshot.toJsons());
    await super.setSnapshot(snapshot);
  }

  override async setConnection(connection: Connection) {
    this.#notes.set(`connection/${connection.id}`, connection.toJsons());
    await super.setConnection(connection);
  }

  override async setKeyValue(keyValue: KeyValue) {
    this.#notes.set(`key/${keyValue.key}`, JSON.stringify(keyValue.value));
    await super.setKeyValue(keyValue);
  }

  override async deleteVolume(volume: Volume) {
    this.#notes.delete(`volume/${volume.id}`);
    await super.deleteVolume(volume);
  }

  override async deleteSnapshot(snapshot: Snapshot) {
    this.#notes.delete(`snapshot/${snapshot.id}`);
    await super.deleteSnapshot(snapshot);
  }

  override async deleteConnection(connection: Connection) {
    this.#notes.delete(`connection/${connection.id}`);
    await super.deleteConnection(connection);
  }

  override async deleteKeyValue(keyValue: KeyValue | string) {
    this.#notes.delete(`key/${typeof keyValue === 'string' ? keyValue : keyValue.key}`);
    await super.deleteKeyValue(keyValue);
  }

  /** Only the context that uses the plugin can turn the texts back into objects. */
  async #all<T extends Volume | Snapshot | Connection>(kind: string): Promise<T[]> {
    const texts = [...this.#notes].filter(([name]) => name.startsWith(`${kind}/`)).map(([, text]) => text);
    return Promise.all(texts.map((text) => this.context.load(text) as Promise<T>));
  }
}
