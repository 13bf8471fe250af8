/** The fake driver, which stores nothing. */
import { describe, expect, it } from 'vitest';
import { FakeLoggingVolumeDriver } from '../../../src/drivers/fake.ts';
import { InvalidOption } from '../../../src/errors/index.ts';
import { driverParameters, driverSnapshot, driverVolume } from './objects.ts';

const make = (configuration: Record<string, unknown> = {}) =>
  new FakeLoggingVolumeDriver(driverParameters(configuration));
const volume = driverVolume('v1');
const snapshot = driverSnapshot('s1', 'v1');
const connector = { host: 'h', multipath: false };

describe('FakeLoggingVolumeDriver', () => {
  it('returns null, and logs the ids of its arguments', async () => {
    const driver = make();
    expect(await driver.createVolume(volume)).toBeNull();
    expect(await driver.extendVolume(volume, 2)).toBeNull();
    expect(await driver.createClonedVolume(driverVolume('v2'), volume)).toBeNull();
    expect(await driver.createSnapshot(snapshot)).toBeNull();
    expect(await driver.createVolumeFromSnapshot(driverVolume('v3'), snapshot)).toBeNull();
    expect(await driver.createExport(null, volume, connector)).toBeNull();
    expect(await driver.terminateConnection(volume, connector, { force: true })).toBeNull();
    expect(await driver.removeExport(null, volume)).toBeNull();
    expect(await driver.deleteSnapshot(snapshot)).toBeNull();
    expect(await driver.deleteVolume(volume)).toBeNull();
    expect(driver.calls).toStrictEqual([
      { method: 'createVolume', args: ['v1'] },
      { method: 'extendVolume', args: ['v1', 2] },
      { method: 'createClonedVolume', args: ['v2', 'v1'] },
      { method: 'createSnapshot', args: ['s1'] },
      { method: 'createVolumeFromSnapshot', args: ['v3', 's1'] },
      { method: 'createExport', args: [null, 'v1', connector] },
      { method: 'terminateConnection', args: ['v1', connector, { force: true }] },
      { method: 'removeExport', args: [null, 'v1'] },
      { method: 'deleteSnapshot', args: ['s1'] },
      { method: 'deleteVolume', args: ['v1'] },
    ]);
  });

  it('logs arguments as they were at the time of the call', async () => {
    const driver = make();
    const changing = { host: 'h' };
    await driver.validateConnector(changing);
    changing.host = 'other';
    expect(driver.calls).toStrictEqual([{ method: 'validateConnector', args: [{ host: 'h' }] }]);
  });

  it('logs the calls of the setup in order', async () => {
    const driver = make();
    await driver.doSetup(null);
    await driver.checkForSetupError();
    await driver.initCapabilities();
    await driver.setThrottle();
    await driver.setInitialized();
    expect(driver.calls.map(({ method }) => method)).toStrictEqual([
      'doSetup',
      'checkForSetupError',
      'initCapabilities',
      'getVolumeStats',
      'setThrottle',
      'setInitialized',
    ]);
    expect(driver.initialized).toBe(true);
  });

  it('connects volumes with the protocol fake', async () => {
    expect(await make().initializeConnection(volume, connector)).toStrictEqual({
      driver_volume_type: 'fake',
      data: { target_discovered: false, volume_id: 'v1' },
    });
  });

  it('reports infinite capacity, and pools only if it was given some', async () => {
    const stats = {
      volume_backend_name: 'b1',
      vendor_name: 'Open Source',
      driver_version: '1.0',
      storage_protocol: 'fake',
      total_capacity_gb: 'infinite',
      free_capacity_gb: 'infinite',
    };
    const room = { total_capacity_gb: 'infinite', free_capacity_gb: 'infinite' };
    expect(await make().getVolumeStats({ refresh: false })).toStrictEqual(stats);
    expect(await make({ pools: [] }).getVolumeStats({ refresh: false })).toStrictEqual(stats);
    const driver = make({ pools: ['gold', 'tin'] });
    await driver.initCapabilities();
    expect(driver.capabilities).toStrictEqual({
      ...stats,
      pools: [
        { pool_name: 'gold', ...room },
        { pool_name: 'tin', ...room },
      ],
    });
  });

  it.each([['gold'], [[1]], [{ name: 'gold' }], [['']]].map(([pools]) => ({ pools })))(
    'refuses $pools as pools',
    ({ pools }) => {
      expect(() => make({ pools })).toThrow(InvalidOption);
    },
  );

  it('keeps options that it does not know', () => {
    expect(make({ san_ip: '10.0.0.1' }).configuration).toStrictEqual({ volume_backend_name: 'b1', san_ip: '10.0.0.1' });
  });

  it('returns a given answer: a value, a promise, or the result of a function', async () => {
    const driver = make();
    driver.answer('createVolume', { provider_location: '/1' });
    expect(await driver.createVolume(volume)).toStrictEqual({ provider_location: '/1' });
    driver.answer('createVolume', Promise.resolve({ provider_location: '/2' }));
    expect(await driver.createVolume(volume)).toStrictEqual({ provider_location: '/2' });
    driver.answer('createVolume', async ({ id }: { id: string }) => ({ provider_location: `/${id}` }));
    expect(await driver.createVolume(volume)).toStrictEqual({ provider_location: '/v1' });
    driver.answer('getVolumeStats', null);
    expect(await driver.getVolumeStats({ refresh: true })).toBeNull();
  });

  it('fails as often as it is told, then succeeds again', async () => {
    const driver = make();
    const full = new Error('the storage is full');
    driver.answer('createVolume', { bootable: true });
    driver.fail('createVolume', full, { times: 2 });
    await expect(driver.createVolume(volume)).rejects.toBe(full);
    await expect(driver.createVolume(volume)).rejects.toBe(full);
    expect(await driver.createVolume(volume)).toStrictEqual({ bootable: true });
    expect(driver.calls).toHaveLength(3);
  });

  it('fails until it is told to stop', async () => {
    const driver = make();
    driver.fail('deleteVolume', new Error('busy'));
    for (let time = 0; time < 5; time += 1) await expect(driver.deleteVolume(volume)).rejects.toThrow('busy');
    driver.fail('deleteVolume', null);
    expect(await driver.deleteVolume(volume)).toBeNull();
  });

  it('can fail during setup', async () => {
    const driver = make();
    driver.fail('initCapabilities', new Error('no capabilities'));
    driver.fail('checkForSetupError', new Error('no directory'));
    await expect(driver.initCapabilities()).rejects.toThrow('no capabilities');
    await expect(driver.checkForSetupError()).rejects.toThrow('no directory');
  });
});
