/**
 * The `db` that volume drivers are given: the few look-ups of Cinder's database API that drivers use.
 *
 * A volume that a driver is just making is not stored yet; it is found all the same. A type or QoS is
 * looked up by the id of its volume, as the original does. There is no request context: Cinder's first
 * parameter is left out.
 */
import { type Dict, dict, entriesOf } from '../cinder/dict.ts';
import { ConnectionNotFound, SnapshotNotFound, ValueError, VolumeNotFound } from '../errors/index.ts';
import { givenObject } from '../given.ts';
import type { Connection } from '../objects/connection.ts';
import type { Context } from '../objects/context.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import type { Volume } from '../objects/volume.ts';
import type { QosSpecs, VolumeType } from '../objects/volume-type.ts';
import type { PersistenceDriver } from './driver.ts';
import { Turns } from './turns.ts';

/** What volume drivers look things up in: `this.db` of a driver, unless the storage is a plugin that gives something else. */
export class DriverDatabase {
  readonly #persistence: PersistenceDriver;
  readonly #context: () => Context;
  readonly #changes = new Turns();

  constructor(persistence: PersistenceDriver, context: () => Context) {
    this.#persistence = persistence;
    this.#context = context;
  }

  /** The volume with that id, stored or just being made. Throws `VolumeNotFound`. */
  async volumeGet(volume_id: string): Promise<Volume> {
    for (const backend of this.#context().backends.values()) {
      const volume = backend.volumesInFlight.get(volume_id);
      if (volume !== undefined) return volume;
    }
    const [volume] = volume_id ? await this.#persistence.getVolumes({ volume_id }) : [];
    if (volume === undefined) throw new VolumeNotFound(volume_id);
    return volume;
  }

  /** The snapshot with that id. Throws `SnapshotNotFound`. */
  async snapshotGet(snapshot_id: string): Promise<Snapshot> {
    const [snapshot] = snapshot_id ? await this.#persistence.getSnapshots({ snapshot_id }) : [];
    if (snapshot === undefined) throw new SnapshotNotFound(snapshot_id);
    return snapshot;
  }

  /** The type of the volume with that id; null when the volume has none. */
  async volumeTypeGet(volume_id: string): Promise<VolumeType | null> {
    return (await this.volumeGet(volume_id)).volume_type;
  }

  /** The QoS specs of the volume with that id; null when it has none. */
  async qosSpecsGet(volume_id: string): Promise<QosSpecs | null> {
    return (await this.volumeGet(volume_id)).volume_type?.qos_specs ?? null;
  }

  /** The volumes whose host is this one, or a pool of it. */
  async volumeGetAllByHost(host: string): Promise<readonly Volume[]> {
    const volumes = await this.#persistence.getVolumes({});
    return volumes.filter((volume) => volume.host === host || volume.host?.startsWith(`${host}#`));
  }

  /** The connections of the volume, as they are stored now. */
  async volumeAttachmentGetAllByVolumeId(volume_id: string): Promise<readonly Connection[]> {
    return volume_id ? this.#persistence.getConnections({ volume_id }) : [];
  }

  /** The object of that model with that id. A type or QoS is looked up by the id of its volume. */
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
        const [connection] = id ? await this.#persistence.getConnections({ connection_id: id }) : [];
        if (connection === undefined) throw new ConnectionNotFound(id);
        return connection;
      }
      default:
        throw new ValueError(`There is no model ${model} to look objects up by.`);
    }
  }

  /** Always null: there is no image service, and so no cache of its images. */
  async imageVolumeCacheGetByVolumeId(_volume_id: string): Promise<null> {
    return null;
  }

  /** The administrators' metadata of the volume. */
  async volumeAdminMetadataGet(volume_id: string): Promise<Dict<string>> {
    return { ...(await this.volumeGet(volume_id)).admin_metadata };
  }

  /** Adds the pairs to the administrators' metadata of the volume, or with `replace` puts them in its place. */
  volumeAdminMetadataUpdate(volume_id: string, metadata: Dict<string>, replace = false): Promise<Dict<string>> {
    return this.#changeAdminMetadata(volume_id, (before) => {
      // Where a value is no text the field refuses it.
      const given = givenObject('volumeAdminMetadataUpdate() takes an object', metadata) as Dict<string>;
      return replace ? given : dict([...entriesOf(before), ...entriesOf(given)]);
    });
  }

  /** Takes a key out of the administrators' metadata of the volume; one that is not there is no error. */
  async volumeAdminMetadataDelete(volume_id: string, key: string): Promise<void> {
    await this.#changeAdminMetadata(volume_id, (before) => dict(entriesOf(before).filter(([name]) => name !== key)));
  }

  /** One change after the other: of two at once each would begin with what there was before the other. */
  async #changeAdminMetadata(volume_id: string, change: (before: Dict<string>) => Dict<string>): Promise<Dict<string>> {
    return this.#changes.run(volume_id, async () => {
      const volume = await this.volumeGet(volume_id);
      volume.admin_metadata = change(volume.admin_metadata ?? {});
      await this.#store(volume);
      return dict(entriesOf(volume.admin_metadata));
    });
  }

  /** A volume that is just being made is stored by who makes it, once it is there. */
  async #store(volume: Volume): Promise<void> {
    const backends = [...this.#context().backends.values()];
    if (!backends.some((backend) => backend.volumesInFlight.has(volume.id))) await volume.save();
  }
}
