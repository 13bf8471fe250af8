/**
 * The `db` of volume drivers: the few look-ups of Cinder's database API that drivers use.
 *
 * A volume that is still being created is found too, although it is not stored yet. As in the original, types and
 * QoS specs are looked up by the id of their volume. There is no request context, so Cinder's first parameter is
 * omitted.
 */
import { objectArgument } from '../arguments.ts';
import { type Dict, dict, entriesOf } from '../cinder/dict.ts';
import { ConnectionNotFound, SnapshotNotFound, ValueError, VolumeNotFound } from '../errors/index.ts';
import type { Connection } from '../objects/connection.ts';
import type { Context } from '../objects/context.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import type { Volume } from '../objects/volume.ts';
import type { QosSpecs, VolumeType } from '../objects/volume-type.ts';
import { KeyedTurns } from '../turns.ts';
import type { PersistenceDriver } from './driver.ts';
import { readConnections, readSnapshots, readVolumes } from './read-objects.ts';

/** The look-ups for volume drivers: a driver's `this.db`, unless the storage is a plugin with a `db` of its own. */
export class DriverDatabase {
  readonly #persistence: PersistenceDriver;
  readonly #context: () => Context;
  readonly #changes = new KeyedTurns();

  constructor(persistence: PersistenceDriver, context: () => Context) {
    this.#persistence = persistence;
    this.#context = context;
  }

  /** The volume with that id, stored or still being created. Throws `VolumeNotFound`. */
  async volumeGet(volume_id: string): Promise<Volume> {
    for (const backend of this.#context().backends.values()) {
      const volume = backend.volumesInFlight.get(volume_id);
      if (volume !== undefined) return volume;
    }
    const [volume] = volume_id ? await readVolumes(this.#persistence, { volume_id }) : [];
    if (volume === undefined) throw new VolumeNotFound(volume_id);
    return volume;
  }

  /** The snapshot with that id. Throws `SnapshotNotFound`. */
  async snapshotGet(snapshot_id: string): Promise<Snapshot> {
    const [snapshot] = snapshot_id ? await readSnapshots(this.#persistence, { snapshot_id }) : [];
    if (snapshot === undefined) throw new SnapshotNotFound(snapshot_id);
    return snapshot;
  }

  /** The type of the volume with that id; null if it has none. Throws `VolumeNotFound`. */
  async volumeTypeGet(volume_id: string): Promise<VolumeType | null> {
    return (await this.volumeGet(volume_id)).volume_type;
  }

  /** The QoS specs of the volume with that id; null if it has none. Throws `VolumeNotFound`. */
  async qosSpecsGet(volume_id: string): Promise<QosSpecs | null> {
    return (await this.volumeGet(volume_id)).volume_type?.qos_specs ?? null;
  }

  /** The volumes whose `host` is this `host@backend` or one of its pools. */
  async volumeGetAllByHost(host: string): Promise<readonly Volume[]> {
    const volumes = await readVolumes(this.#persistence, {});
    return volumes.filter((volume) => volume.host === host || volume.host?.startsWith(`${host}#`));
  }

  /** The volume's connections as currently stored. */
  async volumeAttachmentGetAllByVolumeId(volume_id: string): Promise<readonly Connection[]> {
    return volume_id ? readConnections(this.#persistence, { volume_id }) : [];
  }

  /** The object of that model with that id; types and QoS specs are looked up by the id of their volume. */
  async getById(model: string, id: string): Promise<Volume | Snapshot | Connection | VolumeType | QosSpecs | null> {
    switch (model) {
      case 'Volume':
        return this.volumeGet(id);
      case 'Snapshot':
        return this.snapshotGet(id);
      case 'VolumeType':
        return this.volumeTypeGet(id);
      case 'QualityOfServiceSpecs':
        return this.qosSpecsGet(id);
      case 'VolumeAttachment': {
        const [connection] = id ? await readConnections(this.#persistence, { connection_id: id }) : [];
        if (connection === undefined) throw new ConnectionNotFound(id);
        return connection;
      }
      default:
        throw new ValueError(`getById() knows no model ${model}.`);
    }
  }

  /** Always null: there is no image service, hence no image cache. */
  async imageVolumeCacheGetByVolumeId(_volume_id: string): Promise<null> {
    return null;
  }

  /** The volume's admin metadata. */
  async volumeAdminMetadataGet(volume_id: string): Promise<Dict<string>> {
    return { ...(await this.volumeGet(volume_id)).admin_metadata };
  }

  /** Merges the entries into the volume's admin metadata, or replaces it if `replace` is set. Returns the result. */
  volumeAdminMetadataUpdate(volume_id: string, metadata: Dict<string>, replace = false): Promise<Dict<string>> {
    return this.#changeAdminMetadata(volume_id, (before) => {
      // The field refuses values that are not strings.
      const given = objectArgument('volumeAdminMetadataUpdate() takes an object', metadata) as Dict<string>;
      return replace ? given : dict([...entriesOf(before), ...entriesOf(given)]);
    });
  }

  /** Removes a key from the volume's admin metadata. A missing key is not an error. */
  async volumeAdminMetadataDelete(volume_id: string, key: string): Promise<void> {
    await this.#changeAdminMetadata(volume_id, (before) => dict(entriesOf(before).filter(([name]) => name !== key)));
  }

  /** Serialises the changes: two concurrent ones would both start from the same state, and one would be lost. */
  async #changeAdminMetadata(volume_id: string, change: (before: Dict<string>) => Dict<string>): Promise<Dict<string>> {
    return this.#changes.run(volume_id, async () => {
      const volume = await this.volumeGet(volume_id);
      volume.admin_metadata = change(volume.admin_metadata ?? {});
      await this.#store(volume);
      return dict(entriesOf(volume.admin_metadata));
    });
  }

  /** Saves the volume, unless it is still being created: it is then saved once it exists. */
  async #store(volume: Volume): Promise<void> {
    const backends = [...this.#context().backends.values()];
    if (!backends.some((backend) => backend.volumesInFlight.has(volume.id))) await volume.save();
  }
}
