/** Connectors, which attach volumes to this host. */
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  type Device,
  type HostConnector,
  type HostConnectorClass,
  hostConnectorProperties,
} from '../../../src/drivers/connector.ts';
import { hostConnector, registerConnector } from '../../../src/drivers/connector-registry.ts';
import { DeviceUnavailable, InvalidOption, NotImplemented } from '../../../src/errors/index.ts';

const options = { use_multipath: false };

describe('hostConnectorProperties()', () => {
  it('describes this host as os-brick does', () => {
    const properties = hostConnectorProperties();
    expect(properties).toMatchObject({ host: hostname(), multipath: false });
    expect(properties.os_type).toBe(process.platform);
    expect(properties.platform).toMatch(/^\w+$/);
    const { host, multipath, platform, os_type, ip, initiator, ...more } = properties;
    expect(more).toStrictEqual({});
    expect(ip ?? '10.0.0.1').toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });
});

describe('the connector of the protocol fake', async () => {
  const fake = await hostConnector('fake', options);
  const data = { target_discovered: false, volume_id: 'v1' };

  it('attaches a volume as a path with its id, and accepts that path as valid', async () => {
    const device = await fake.connectVolume(data);
    expect(device).toStrictEqual({ type: 'block', path: '/dev/fake/v1' });
    expect(await fake.checkValidDevice(device.path)).toBe(true);
    expect(await fake.disconnectVolume(data, device, { force: false, ignore_errors: false })).toBeUndefined();
  });

  it.each([null, '/dev/sdb', ''])('rejects %o, which is no device of its own', async (path) => {
    expect(await fake.checkValidDevice(path)).toBe(false);
  });

  it.each([{}, { volume_id: '' }, { volume_id: 7 }])('cannot attach a volume without an id: %o', (wrong) => {
    expect(() => fake.connectVolume(wrong)).toThrow(DeviceUnavailable);
  });
});

describe('registerConnector()', () => {
  class ShellConnector implements HostConnector {
    constructor(readonly given: unknown) {}
    connectVolume(): Device {
      return { type: 'block', path: '/dev/sdb' };
    }
    disconnectVolume(): void {}
    checkValidDevice(): boolean {
      return true;
    }
  }

  it('registers a connector for its protocol, ignoring case', async () => {
    registerConnector('iSCSI', ShellConnector);
    const connector = await hostConnector('iscsi', { use_multipath: true });
    expect(connector).toBeInstanceOf(ShellConnector);
    expect(connector).toHaveProperty('given', { use_multipath: true });
    expect(await hostConnector('ISCSI', options)).toBeInstanceOf(ShellConnector);
  });

  it.each(['rbd', null, 'constructor', '__proto__'])(
    'makes hostConnector() list the known protocols when %o is unknown',
    async (protocol) => {
      const find = () => hostConnector(protocol, options);
      await expect(find()).rejects.toThrow(NotImplemented);
      await expect(find()).rejects.toThrow(`by the protocol ${protocol ?? '(none given)'}.`);
      await expect(find()).rejects.toThrow(/Known protocols: .*fake.* registerConnector\(\)/);
    },
  );

  it.each(['connectVolume', 'disconnectVolume', 'checkValidDevice'] as const)(
    'makes hostConnector() refuse a connector without %s()',
    async (method) => {
      class Incomplete extends ShellConnector {}
      Object.defineProperty(Incomplete.prototype, method, { value: undefined });
      registerConnector('incomplete', Incomplete);
      await expect(hostConnector('incomplete', options)).rejects.toThrow(
        new NotImplemented(`The connector for incomplete does not implement ${method}().`),
      );
    },
  );

  it('lets hostConnector() suggest the nearest protocol', async () => {
    await expect(hostConnector('fkae', options)).rejects.toThrow('Did you mean fake?');
  });

  it.each<[string, unknown]>([
    ['', ShellConnector],
    ['nbd', new ShellConnector(null)],
    ['nbd', undefined],
    ['nbd', () => new ShellConnector(null)],
  ])('refuses %o with %o', (protocol, connector) => {
    // As JavaScript callers may call it.
    expect(() => registerConnector(protocol, connector as HostConnectorClass)).toThrow(InvalidOption);
  });
});
