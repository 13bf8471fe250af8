/** The base class of volume drivers. */
import { describe, expect, it } from 'vitest';
import { type DriverParameters, VolumeDriver } from '../../../src/drivers/volume-driver.ts';
import { InvalidOption, NotImplemented } from '../../../src/errors/index.ts';
import { driverParameters, driverSnapshot, driverVolume } from './objects.ts';

class PaperDriver extends VolumeDriver {}

const volume = driverVolume('v1');
const snapshot = driverSnapshot('s1', 'v1');

describe('VolumeDriver', () => {
  it('keeps the parameters of its constructor', () => {
    const parameters = driverParameters({ pools: ['a'] });
    const driver = new PaperDriver(parameters);
    const { configuration, db, host, cluster_name, active_backend_id } = driver;
    expect({ configuration, db, host, cluster_name, active_backend_id }).toStrictEqual(parameters);
  });

  it('names the class whose constructor does not pass the parameters on', () => {
    class Forgetful extends VolumeDriver {
      constructor() {
        // @ts-expect-error: JavaScript has no compiler to say so
        super();
        this.db = null;
      }
    }
    expect(() => new Forgetful()).toThrow(InvalidOption);
    expect(() => new Forgetful()).toThrow(/Forgetful .*super\(parameters\)\.$/);
  });

  it('accepts another db', () => {
    const driver = new PaperDriver(driverParameters());
    const other = { name: 'the second' };
    driver.db = other;
    expect(driver.db).toBe(other);
  });

  it.each<[string, (driver: VolumeDriver) => unknown]>([
    ['createVolume', (driver) => driver.createVolume(volume)],
    ['deleteVolume', (driver) => driver.deleteVolume(volume)],
    ['extendVolume', (driver) => driver.extendVolume(volume, 2)],
    ['createClonedVolume', (driver) => driver.createClonedVolume(volume, volume)],
    ['createVolumeFromSnapshot', (driver) => driver.createVolumeFromSnapshot(volume, snapshot)],
    ['createSnapshot', (driver) => driver.createSnapshot(snapshot)],
    ['deleteSnapshot', (driver) => driver.deleteSnapshot(snapshot)],
    ['createExport', (driver) => driver.createExport(null, volume, {})],
    ['removeExport', (driver) => driver.removeExport(null, volume)],
    ['initializeConnection', (driver) => driver.initializeConnection(volume, {})],
    ['terminateConnection', (driver) => driver.terminateConnection(volume, {}, { force: false })],
  ])('names itself and %s if that is not implemented', (method, call) => {
    const driver = new PaperDriver(driverParameters());
    expect(() => call(driver)).toThrow(NotImplemented);
    expect(() => call(driver)).toThrow(`The volume driver PaperDriver does not implement ${method}().`);
  });

  it('can be set up without any method of its own', async () => {
    const driver = new PaperDriver(driverParameters());
    await driver.doSetup(null);
    await driver.checkForSetupError();
    await driver.initCapabilities();
    await driver.setThrottle();
    await driver.validateConnector({ host: 'h' });
    expect(driver.initialized).toBe(false);
    await driver.setInitialized();
    expect(driver.initialized).toBe(true);
    // Cinder's base class knows no statistics either.
    expect(await driver.getVolumeStats({ refresh: true })).toBeNull();
  });

  // As in Cinder, where an empty dictionary is false.
  it.each([null, {}])('keeps capabilities that it sets itself, if its statistics are %o', async (stats) => {
    class Given extends VolumeDriver {
      constructor(parameters: DriverParameters) {
        super(parameters);
        this.capabilities = { storage_protocol: 'paper' };
        this.initialized = false;
      }
      override getVolumeStats() {
        return stats;
      }
    }
    const driver = new Given(driverParameters());
    await driver.initCapabilities();
    expect(driver.capabilities).toStrictEqual({ storage_protocol: 'paper' });
  });

  it('can compute its capabilities', async () => {
    class Computed extends VolumeDriver {
      override get capabilities() {
        return { storage_protocol: 'paper' };
      }
    }
    const driver = new Computed(driverParameters());
    await driver.initCapabilities();
    expect(driver.capabilities).toStrictEqual({ storage_protocol: 'paper' });
  });

  it('copies fresh statistics to its capabilities, whether they are returned or awaited', async () => {
    const stats = { free_capacity_gb: 7 };
    const asked: unknown[] = [];
    class AtOnce extends VolumeDriver {
      override getVolumeStats(options: { refresh: boolean }) {
        asked.push(options);
        return stats;
      }
    }
    class Later extends VolumeDriver {
      override async getVolumeStats() {
        return stats;
      }
    }
    for (const Driver of [AtOnce, Later]) {
      const driver = new Driver(driverParameters());
      expect(driver.capabilities).toStrictEqual({});
      await driver.initCapabilities();
      expect(driver.capabilities).toStrictEqual(stats);
      expect(driver.capabilities).not.toBe(stats);
    }
    expect(asked).toStrictEqual([{ refresh: true }]);
  });

  it('has no capabilities if the statistics are null', async () => {
    class Silent extends VolumeDriver {
      override getVolumeStats() {
        return null;
      }
    }
    const driver = new Silent(driverParameters());
    await driver.initCapabilities();
    expect(driver.capabilities).toStrictEqual({});
  });
});
