/** The registry of volume drivers by name. */
import { describe, expect, it, vi } from 'vitest';
import { FakeLoggingVolumeDriver } from '../../../src/drivers/fake.ts';
import { listSupportedDrivers, registerVolumeDriver, volumeDriverClass } from '../../../src/drivers/registry.ts';
import { VolumeDriver, type VolumeDriverClass } from '../../../src/drivers/volume-driver.ts';
import { InvalidOption, VolumeDriverNotFound } from '../../../src/errors/index.ts';

const fakeName = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

describe('volumeDriverClass()', () => {
  it('finds the built-in fake driver', async () => {
    expect(await volumeDriverClass(fakeName)).toBe(FakeLoggingVolumeDriver);
  });

  it('lists the known drivers if the name is unknown', async () => {
    const find = () => volumeDriverClass('cinder.volume.drivers.rbd.RBDDriver');
    await expect(find()).rejects.toThrow(VolumeDriverNotFound);
    await expect(find()).rejects.toThrow(
      /'cinder\.volume\.drivers\.rbd\.RBDDriver'.*Known drivers: .*FakeLoggingVolumeDriver.* For metadata alone, use the fake one\./,
    );
    await expect(find()).rejects.not.toThrow(/Did you mean/);
  });

  it('suggests the nearest driver', async () => {
    const find = () => volumeDriverClass('cinder.tests.fake_driver.FakeLogingVolumeDriver');
    await expect(find()).rejects.toThrow(`Did you mean ${fakeName}?`);
  });

  it.each(['constructor', '__proto__', 'toString'])('does not find inherited properties: %s', async (name) => {
    await expect(volumeDriverClass(name)).rejects.toThrow(VolumeDriverNotFound);
  });
});

describe('registerVolumeDriver()', () => {
  it('distinguishes a driver of another copy of the library from a class that is no driver', async () => {
    vi.resetModules();
    const { VolumeDriver: OfAnotherCopy } = await import('../../../src/drivers/volume-driver.ts');
    expect(OfAnotherCopy).not.toBe(VolumeDriver);
    const refused = (driver: unknown) => () => registerVolumeDriver('foreign', driver as VolumeDriverClass);
    expect(refused(class extends OfAnotherCopy {})).toThrow('another copy of cinderlib-wasm');
    expect(refused(class {})).not.toThrow('another copy');
  });

  it('makes a driver known by its name', async () => {
    class MyDriver extends VolumeDriver {}
    registerVolumeDriver('my.package.MyDriver', MyDriver);
    expect(await volumeDriverClass('my.package.MyDriver')).toBe(MyDriver);
    await expect(volumeDriverClass('unknown')).rejects.toThrow('my.package.MyDriver');
  });

  it('replaces an earlier driver of the same name', async () => {
    class First extends VolumeDriver {}
    class Second extends VolumeDriver {}
    registerVolumeDriver('twice', First);
    registerVolumeDriver('twice', Second);
    expect(await volumeDriverClass('twice')).toBe(Second);
  });

  it.each<[string, unknown]>([
    [
      'an instance',
      new FakeLoggingVolumeDriver({
        configuration: {},
        db: null,
        host: '',
        cluster_name: null,
        active_backend_id: null,
      }),
    ],
    ['an unrelated class', Map],
    ['a function', () => {}],
    ['undefined', undefined],
  ])('refuses %s', (_, driver) => {
    // As JavaScript callers may call it.
    expect(() => registerVolumeDriver('wrong', driver as VolumeDriverClass)).toThrow(InvalidOption);
  });

  it('refuses an empty name', () => {
    expect(() => registerVolumeDriver('', FakeLoggingVolumeDriver)).toThrow(InvalidOption);
  });
});

describe('listSupportedDrivers()', () => {
  it('lists the built-in drivers, with the options of Cinder', async () => {
    const drivers = await listSupportedDrivers();
    expect(drivers[fakeName]?.class_name).toBe('FakeLoggingVolumeDriver');
    const file = drivers['cinderlib_wasm.drivers.FileVolumeDriver'];
    expect(file?.class_fqn).toBe('cinderlib_wasm.drivers.FileVolumeDriver');
    expect(file?.driver_options.map(({ name }) => name)).toStrictEqual([
      'directory',
      'reserved_percentage',
      'max_over_subscription_ratio',
    ]);
  });

  it('lists registered drivers, with their own options', async () => {
    const help = 'How many.';
    class Described extends VolumeDriver {
      static override readonly options = { copies: { type: 'integer', default: 2, help } } as const;
      static override readonly version = '7.0.1';
    }
    registerVolumeDriver('my.package.Described', Described);
    expect((await listSupportedDrivers())['my.package.Described']).toStrictEqual({
      class_name: 'Described',
      class_fqn: 'my.package.Described',
      version: '7.0.1',
      desc: '',
      driver_options: [{ name: 'copies', type: 'integer', default: 2, help }],
    });
  });
});
