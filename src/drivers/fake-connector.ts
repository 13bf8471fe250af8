/** Pretends to attach the fake driver's volumes: there is a path, but no device. */
import type { Dict } from '../cinder/dict.ts';
import { DeviceUnavailable } from '../errors/index.ts';
import type { Device, HostConnector } from './connector.ts';

const folder = '/dev/fake/';

export class FakeConnector implements HostConnector {
  connectVolume(data: Dict): Device {
    const id = data['volume_id'];
    if (typeof id !== 'string' || id === '') {
      throw new DeviceUnavailable(`The connection data of the protocol fake must have a volume_id, not ${String(id)}.`);
    }
    return { type: 'block', path: `${folder}${id}` };
  }

  disconnectVolume(): void {}

  checkValidDevice(path: string | null): boolean {
    return path?.startsWith(folder) ?? false;
  }
}
