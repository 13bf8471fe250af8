/** Backends: how their drivers are set up, when they are the same, and which options they keep. */
import { type Backend, type Cinderlib, registerVolumeDriver, setup, VolumeDriver } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pooled } from '../../support/pooled-backend.ts';
import { recordedContext } from '../../support/recorded-context.ts';
import type { Log, Script } from '../../support/recorder.ts';

let log: Log;
let script: Script;
let cl: Cinderlib;
let backend: Backend;

beforeEach(async () => {
  ({ log, script, cl, backend } = await recordedContext());
});

afterEach(() => cl.close());

describe('a backend', () => {
  test('sets up its driver with the calls of Cinder, in their order', () => {
    expect(log).toEqual([
      'D doSetup',
      'D checkForSetupError',
      'D initCapabilities',
      'D setThrottle',
      'D setInitialized',
    ]);
  });

  test('is returned again for the same name and options, and refused for different options', async () => {
    expect(await cl.backend({ volume_driver: 'recording', volume_backend_name: 'b' })).toBe(backend);
    await expect(cl.backend({ volume_backend_name: 'b', volume_driver: 'recording', x: 1 })).rejects.toMatchObject({
      message: 'Backend named b already exists with a different configuration',
    });
  });

  test('is the same whether an option is undefined or absent', async () => {
    const options = { volume_backend_name: 'u', volume_driver: 'recording', list: [{ a: 1 }] };
    const made = await cl.backend({ ...options, pool: undefined });
    for (const again of [options, { ...options, other: undefined, list: [{ a: 1, b: undefined }] }]) {
      expect(await cl.backend(again)).toBe(made);
    }
    await expect(cl.backend({ ...options, pool: null })).rejects.toMatchObject({ name: 'InvalidOption' });
  });

  test('needs no statistics of its driver: its one pool then has its name', async () => {
    class Plain extends VolumeDriver {
      override createVolume() {
        return { provider_location: 'here' };
      }
    }
    registerVolumeDriver('plain', Plain);
    const plain = await cl.backend({ volume_backend_name: 'p', volume_driver: 'plain' });
    expect([plain.poolNames, await plain.stats(), await plain.stats({ refresh: true })]).toEqual([['p'], {}, {}]);
    const { host, provider_location } = await plain.createVolume(1);
    expect([host, provider_location]).toEqual(['h@p#p', 'here']);
  });

  test('accepts options that are functions', async () => {
    const client = () => 'connected';
    const options = { volume_backend_name: 'f', volume_driver: 'recording', client, list: [{ a: 1, b: 2 }] };
    const made = await cl.backend(options);
    expect(await cl.backend({ ...options, list: [{ b: 2, a: 1 }] })).toBe(made);
    await expect(cl.backend({ ...options, client: () => 'connected' })).rejects.toMatchObject({
      name: 'InvalidOption',
    });
  });

  test('can be requested again after it failed to start', async () => {
    script.set('checkForSetupError', new Error('array is down'));
    const options = { volume_backend_name: 'c', volume_driver: 'recording' };
    await expect(cl.backend(options)).rejects.toThrow('array is down');
    expect(cl.backends.has('c')).toBe(false);
    script.clear();
    expect((await cl.backend(options)).id).toBe('c');
  });

  test('is created once by concurrent requests', async () => {
    const options = { volume_backend_name: 'd', volume_driver: 'recording' };
    const [one, other] = await Promise.all([cl.backend(options), cl.backend(options)]);
    expect(one).toBe(other);
    expect(log.filter((call) => call === 'D doSetup').length).toBe(2);
  });

  test('without pools gets one with its own name and figures', async () => {
    script.set('getVolumeStats', { vendor_name: 'v', driver_version: '1', free_capacity_gb: 5, properties: {} });
    const legacy = await cl.backend({ volume_backend_name: 'e', volume_driver: 'recording' });
    expect(await legacy.stats()).toEqual({
      vendor_name: 'v',
      driver_version: '1',
      free_capacity_gb: 5,
      pools: [{ free_capacity_gb: 5, pool_name: 'e' }],
    });
    expect(legacy.poolNames).toEqual(['e']);
  });

  test('keeps its list of volumes up to date', async () => {
    expect(await backend.volumes()).toEqual([]);
    const made = await backend.createVolume(1);
    expect((await backend.volumes()).map(({ id }) => id)).toEqual([made.id]);
    await made.delete();
    expect(await backend.volumes()).toEqual([]);
  });
});

test('the options of a backend are not affected by later changes of the caller, the driver or a dump', async () => {
  const cl = await setup({ output_all_backend_info: true });
  const given = { ...pooled, pools: ['p1'], replication: [{ password: 'hunter2' }] };
  const b = await cl.backend(given);
  for (const { backend } of await cl.json()) {
    for (const each of backend['replication'] as { password: string }[]) each.password = '***';
  }
  expect(JSON.stringify(b.driver.configuration)).toContain('hunter2');
  (b.driver.configuration['pools'] as string[]).push('by the driver');
  expect(await cl.backend({ ...given })).toBe(b);
  given.pools.push('p2');
  await expect(cl.backend(given)).rejects.toMatchObject({ name: 'InvalidOption' });
  await cl.close();
});
