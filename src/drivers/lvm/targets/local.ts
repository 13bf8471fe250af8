/** No target at all: only this host uses the device, by its path. */
import type { DriverVolume } from '../../driver-objects.ts';
import type { ConnectionInfo } from '../../volume-driver.ts';
import type { Target } from './target.ts';

export class LocalTarget implements Target {
  readonly protocol = 'local';

  async create(): Promise<null> {
    return null;
  }

  async remove(): Promise<void> {}

  async connect(volume: DriverVolume, path: string): Promise<ConnectionInfo> {
    const data = { volume_id: volume.id, device_path: path, device_type: 'block' };
    return { driver_volume_type: 'local', data };
  }

  async disconnect(): Promise<void> {}

  async extend(): Promise<void> {}

  validate(): void {}
}
