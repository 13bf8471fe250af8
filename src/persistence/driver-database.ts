/**
 * The `db` that volume drivers are given: the few look-ups of Cinder's database API that drivers use.
 *
 * A volume that a driver is just making is not stored yet; it is found all the same. A type or QoS is
 * looked up by the id of its volume, as the original does.
 */
import { SnapshotNotFound, VolumeNotFound } from '../errors/index.ts';
import type { Context } from '../objects/context.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import type { Volume } from '../objects/volume.ts';
import type { QosSpecs, VolumeType } from '../objects/volume-type.ts';
import type { PersistenceDriver } from './driver.ts';

export class DriverDatabase {
  readonly #persistence: PersistenceDriver;
  readonly #context: () => Context;

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
}
