/** Attaching, detaching and extending on this host: the calls of the connector, the driver and the storage. */
import { type Backend, type Cinderlib, registerConnector, registerVolumeDriver, setup } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Log, RecordingPersistence, recordingDriver, type Script } from '../../support/recorder.ts';

let log: Log;
let script: Script;
let cl: Cinderlib;
let backend: Backend;
/** The error that the connector throws on detach, if any. */
let stuck: Error | null;
/** The error that the connector throws on extend, if any. */
let blind: Error | null;

beforeEach(async () => {
  log = [];
  script = new Map<string, unknown>([['initializeConnection', { driver_volume_type: 'logged', data: { lun: 1 } }]]);
  stuck = null;
  blind = null;
  registerVolumeDriver('recording', recordingDriver(log, script));
  registerConnector(
    'logged',
    class {
      connectVolume() {
        log.push('C connectVolume');
        return { path: '/dev/logged', type: 'block' };
      }
      disconnectVolume(_data: unknown, device: { path?: unknown } | null, options: object) {
        log.push(`C disconnectVolume ${String(device?.path)} ${JSON.stringify(options)}`);
        if (stuck !== null) throw stuck;
      }
      checkValidDevice() {
        return true;
      }
      extendVolume() {
        log.push('C extendVolume');
        if (blind !== null) throw blind;
        return 12345;
      }
    },
  );
  cl = await setup({ persistence_config: { storage: new RecordingPersistence(log) }, host: 'h' });
  backend = await cl.backend({ volume_backend_name: 'b', volume_driver: 'recording' });
});

afterEach(() => cl.close());

const disconnected = ['P deleteConnection', 'D removeExport', 'P setVolume available'];

test.each([
  ['nothing', undefined],
  ['a bare path', '/dev/sdb'],
  ['a device without a path', { type: 'block' }],
  ['a value that cannot be stored', { path: '/dev/sdb', type: 'block', close: () => {} }],
])('attach() disconnects again if the connector answers with %s', async (_what, device) => {
  registerConnector(
    'logged',
    class {
      connectVolume() {
        return device as never;
      }
      disconnectVolume() {
        log.push('C disconnectVolume');
      }
      checkValidDevice() {
        return true;
      }
    },
  );
  const volume = await backend.createVolume(1);
  await expect(volume.attach()).rejects.toMatchObject({ name: 'ValueError', resource: volume });
  expect(log.slice(-5)).toEqual(['C disconnectVolume', 'D terminateConnection', ...disconnected]);
  expect([volume.local_attach, volume.status, await volume.connections()]).toEqual([null, 'available', []]);
});

test('if an unusable device cannot be detached, it stays in the connection, and the error has both reasons', async () => {
  const reason = new Error('busy');
  registerConnector(
    'logged',
    class {
      connectVolume() {
        return { path: '/dev/sdb', type: 'block' };
      }
      disconnectVolume() {
        throw reason;
      }
      checkValidDevice() {
        return false;
      }
    },
  );
  const volume = await backend.createVolume(1);
  const connection = await volume.connect({ host: 'h' });
  await expect(connection.attach()).rejects.toMatchObject({ name: 'DeviceUnavailable', not_undone: reason });
  expect([connection.path, volume.local_attach]).toEqual(['/dev/sdb', null]);
});

async function attached() {
  const volume = await backend.createVolume(1);
  const connection = await volume.attach();
  log.length = 0;
  return { volume, connection };
}

describe('detach()', () => {
  test('passes the device to the connector, without force by default', async () => {
    const { volume, connection } = await attached();
    await volume.detach();
    expect(log).toEqual([
      'C disconnectVolume /dev/logged {"force":false,"ignore_errors":false}',
      'P setConnection not attached',
      'D terminateConnection',
      ...disconnected,
    ]);
    expect([volume.local_attach, connection.attached, connection.connected]).toEqual([null, false, false]);
  });

  test('fails if the connector refuses, and leaves the volume attached', async () => {
    const { volume, connection } = await attached();
    stuck = new Error('busy');
    await expect(volume.detach()).rejects.toBe(stuck);
    expect(log).toEqual(['C disconnectVolume /dev/logged {"force":false,"ignore_errors":false}']);
    expect(volume.local_attach).toBe(connection);
    expect([connection.attached, connection.connected, volume.status]).toEqual([true, true, 'in-use']);
  });

  test('with force disconnects everything even if the connector refuses', async () => {
    const { volume, connection } = await attached();
    stuck = new Error('busy');
    await volume.detach({ force: true });
    expect(log[0]).toBe('C disconnectVolume /dev/logged {"force":true,"ignore_errors":false}');
    expect(log.slice(-5)).toEqual(['D terminateConnection', '  by force', ...disconnected]);
    expect([volume.local_attach, connection.connected, volume.status]).toEqual([null, false, 'available']);
    expect(await volume.connections()).toEqual([]);
  });

  test('with force disconnects everything even if the driver refuses', async () => {
    const { volume, connection } = await attached();
    script.set('terminateConnection', new Error('array is down'));
    await volume.detach({ force: true });
    expect(log.slice(-3)).toEqual(disconnected);
    expect([volume.local_attach, connection.connected, connection.deleted]).toEqual([null, false, true]);
  });

  test('fails if the driver refuses, and leaves the volume connected but detached', async () => {
    const { volume, connection } = await attached();
    const down = new Error('array is down');
    script.set('terminateConnection', down);
    await expect(volume.detach()).rejects.toBe(down);
    expect(log.slice(1)).toEqual(['P setConnection not attached', 'D terminateConnection']);
    expect([volume.local_attach, connection.connected, volume.status]).toEqual([null, true, 'in-use']);
  });

  test('with ignore_errors continues if the connector refuses, without force for the driver', async () => {
    const { volume, connection } = await attached();
    stuck = new Error('busy');
    await volume.detach({ ignore_errors: true });
    expect(log).toEqual([
      'C disconnectVolume /dev/logged {"force":false,"ignore_errors":true}',
      'P setConnection not attached',
      'D terminateConnection',
      ...disconnected,
    ]);
    expect([volume.local_attach, connection.attached, volume.status]).toEqual([null, false, 'available']);
  });

  test('of a connection keeps the connection', async () => {
    const { volume, connection } = await attached();
    await connection.detach();
    expect(log.slice(1)).toEqual(['P setConnection not attached']);
    expect([volume.local_attach, connection.attached, connection.connected]).toEqual([null, false, true]);
  });
});

describe('the option force', () => {
  test('of volume.disconnect() reaches the driver', async () => {
    const volume = await backend.createVolume(1);
    const connection = await volume.connect({ host: 'x' });
    log.length = 0;
    await volume.disconnect(connection, { force: true });
    expect(log.slice(0, 2)).toEqual(['D terminateConnection', '  by force']);
  });

  test('of connection.disconnect() reaches the driver', async () => {
    const volume = await backend.createVolume(1);
    const connection = await volume.connect({ host: 'x' });
    log.length = 0;
    await connection.disconnect({ force: true });
    expect(log.slice(0, 2)).toEqual(['D terminateConnection', '  by force']);
  });
});

describe('extend()', () => {
  test('of an attached volume returns the size that the connector sees', async () => {
    const { volume } = await attached();
    expect(await volume.extend(2)).toBe(12345);
    expect(log).toEqual(['D extendVolume', '  to 2', 'P setVolume in-use', 'C extendVolume']);
    expect([volume.size, volume.status, volume.previous_status]).toEqual([2, 'in-use', null]);
  });

  test('takes effect even if the connector fails afterwards', async () => {
    const { volume } = await attached();
    blind = new Error('no rescan');
    await expect(volume.extend(2)).rejects.toBe(blind);
    expect(Reflect.get(blind, 'resource')).toBe(volume);
    expect(log.at(-2)).toBe('P setVolume in-use');
    expect([volume.size, volume.status, volume.previous_status]).toEqual([2, 'in-use', null]);
  });

  test('of a connected but unattached volume calls no connector', async () => {
    const volume = await backend.createVolume(1);
    await volume.connect({ host: 'x' });
    log.length = 0;
    expect(await volume.extend(2)).toBe(2 * 1024 ** 3);
    expect(log).toEqual(['D extendVolume', '  to 2', 'P setVolume in-use']);
  });
});

test.each(['memory', 'memory_db'])('attach() stores the device, and detach() removes it, on %s', async (storage) => {
  const other = await setup({ persistence_config: { storage }, host: 'h' });
  const made = await other.backend({ volume_backend_name: 'b', volume_driver: 'recording' });
  const volume = await made.createVolume(1);
  const connection = await volume.connect({ host: 'h' });
  // Another change is pending, since a save of an object without any would write all of it.
  connection.mountpoint = '/mnt';
  await connection.attach();
  expect((await other.Connection.getById(connection.id)).device).toEqual({ path: '/dev/logged', type: 'block' });
  connection.mountpoint = null;
  await connection.detach();
  // Once a volume is read again, its list holds other objects.
  await volume.attach();
  await volume.refresh();
  await volume.cleanup();
  expect(volume.local_attach).toBeNull();
  expect((await other.Connection.getById(connection.id)).connection_info).toEqual({
    conn: { driver_volume_type: 'logged', data: { lun: 1, access_mode: 'rw' } },
    connector: connection.connector,
  });
  await other.close();
});
