/** What the compiler must take, and refuse, of volume drivers. Compiled, never run. */
import {
  type DriverDatabase,
  type DriverParameters,
  type ModelUpdate,
  registerVolumeDriver,
  type Volume,
  VolumeDriver,
} from 'cinderlib-wasm';

class AtOnce extends VolumeDriver {
  override getVolumeStats() {
    return { free_capacity_gb: 1 };
  }
  override createVolume() {
    return { provider_location: 'here' };
  }
  override deleteVolume() {}
}

class Later extends VolumeDriver {
  override async getVolumeStats() {
    return null;
  }
  override async createVolume(volume: Parameters<VolumeDriver['createVolume']>[0]): Promise<ModelUpdate> {
    const { id, size, metadata } = volume;
    return { provider_id: `${id}-${size}`, metadata };
  }
  override async deleteVolume() {}
  override async extendVolume(_volume: { readonly id: string }, newSize: number) {
    return { provider_geometry: `${newSize}` };
  }
}

registerVolumeDriver('at.once', AtOnce);
registerVolumeDriver('later', Later);

// @ts-expect-error: a class of something else
registerVolumeDriver('wrong', Map);
export function registersAnInstance(parameters: DriverParameters): void {
  // @ts-expect-error: an instance is no class
  registerVolumeDriver('wrong', new AtOnce(parameters));
}

export class Wrong extends VolumeDriver {
  // @ts-expect-error: statistics are no number
  override getVolumeStats() {
    return 1;
  }
  // @ts-expect-error: a connection needs its protocol
  override initializeConnection() {
    return { data: {} };
  }
}

export function asDriversSee(driver: VolumeDriver, volume: Volume): unknown {
  // The library hands over the user's own objects.
  return driver.createVolume(volume);
}

export function readOnly(driver: VolumeDriver): void {
  // The database is replaced by setPersistence; nothing else of a driver is.
  driver.db = null;
  // @ts-expect-error: where it runs does not change
  driver.host = 'elsewhere';
}

export class LooksUp extends VolumeDriver {
  override async deleteVolume(volume: { readonly id: string }) {
    const db = this.db as DriverDatabase; // Of every storage but plugins that give their own.
    for (const { connector } of await db.volumeAttachmentGetAllByVolumeId(volume.id)) connector?.['host'];
    await db.volumeAdminMetadataUpdate(volume.id, { gone: 'yes' });
  }
}
