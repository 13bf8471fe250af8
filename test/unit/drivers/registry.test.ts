/** Volume drivers by name. */
import { describe, expect, it } from 'vitest';
import { FakeLoggingVolumeDriver } from '../../../src/drivers/fake.ts';
import { registerVolumeDriver, volumeDriverClass } from '../../../src/drivers/registry.ts';
import { VolumeDriver, type VolumeDriverClass } from '../../../src/drivers/volume-driver.ts';
import { InvalidOption, VolumeDriverNotFound } from '../../../src/errors/index.ts';

const fakeName = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

describe('volumeDriverClass()', () => {
  it('has the fake driver built in', () => {
    expect(volumeDriverClass(fakeName)).toBe(FakeLoggingVolumeDriver);
  });

  it('lists what there is when a name is unknown', () => {
    const find = () => volumeDriverClass('cinder.volume.drivers.rbd.RBDDriver');
    expect(find).toThrow(VolumeDriverNotFound);
    expect(find).toThrow(/'cinder\.volume\.drivers\.rbd\.RBDDriver'.*Known drivers: .*FakeLoggingVolumeDriver/);
    expect(find).not.toThrow(/Did you mean/);
  });

  it('suggests the driver that was meant', () => {
    const find = () => volumeDriverClass('cinder.tests.fake_driver.FakeLogingVolumeDriver');
    expect(find).toThrow(`Did you mean ${fakeName}?`);
  });

  it.each(['constructor', '__proto__', 'toString'])('finds nothing that objects inherit: %s', (name) => {
    expect(() => volumeDriverClass(name)).toThrow(VolumeDriverNotFound);
  });
});

describe('registerVolumeDriver()', () => {
  it('makes a driver known, and lists it from then on', () => {
    class MyDriver extends VolumeDriver {}
    registerVolumeDriver('my.package.MyDriver', MyDriver);
    expect(volumeDriverClass('my.package.MyDriver')).toBe(MyDriver);
    expect(() => volumeDriverClass('unknown')).toThrow('my.package.MyDriver');
  });

  it('takes the later of two drivers of one name', () => {
    class First extends VolumeDriver {}
    class Second extends VolumeDriver {}
    registerVolumeDriver('twice', First);
    registerVolumeDriver('twice', Second);
    expect(volumeDriverClass('twice')).toBe(Second);
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
    ['a class of something else', Map],
    ['a function', () => {}],
    ['nothing', undefined],
  ])('refuses %s', (_, driver) => {
    // What JavaScript lets people pass.
    expect(() => registerVolumeDriver('wrong', driver as VolumeDriverClass)).toThrow(InvalidOption);
  });

  it('refuses an empty name', () => {
    expect(() => registerVolumeDriver('', FakeLoggingVolumeDriver)).toThrow(InvalidOption);
  });
});
