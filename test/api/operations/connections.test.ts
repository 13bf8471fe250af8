/** The order of driver and storage calls from connecting a volume to disconnecting it: the same as in the original. */
import { type Backend, type Cinderlib, registerConnector, type Volume } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOf } from '../../support/failure-of.ts';
import { recordedContext } from '../../support/recorded-context.ts';
import type { Log, RecordingPersistence, Script } from '../../support/recorder.ts';

let log: Log;
let script: Script;
let persistence: RecordingPersistence;
let cl: Cinderlib;
let backend: Backend;

beforeEach(async () => {
  ({ log, script, persistence, cl, backend } = await recordedContext());
});

afterEach(() => cl.close());

/** A new volume, with the log of its creation cleared. */
async function volume(fields: Record<string, unknown> = {}): Promise<Volume> {
  const made = await backend.createVolume(1, fields);
  log.length = 0;
  return made;
}

describe('connect()', () => {
  test('exports, connects and stores', async () => {
    const vol = await volume();
    const conn = await vol.connect({ host: 'x' });
    expect(log).toEqual([
      'D createExport',
      'D initializeConnection',
      'P setConnection not attached',
      'P setVolume in-use',
    ]);
    expect([conn.connector, conn.attach_mode, conn.connected, vol.attach_status]).toEqual([
      { host: 'x' },
      'rw',
      true,
      'detached',
    ]);
    expect(conn.connection_info).toEqual({
      conn: { driver_volume_type: 'fake', data: { volume_id: 'x', access_mode: 'rw' } },
      connector: { host: 'x' },
    });
    expect(await vol.connections()).toEqual([conn]);
  });

  test.each([null, 'host', ['host']])(
    'with the connector %j is refused before the driver is called',
    async (connector) => {
      const vol = await volume();
      expect(await failureOf(vol.connect(connector as never))).toMatchObject({ name: 'ValueError' });
      expect(log).toEqual([]);
    },
  );

  test('stores the answer of createExport() before it continues', async () => {
    const vol = await volume();
    script.set('createExport', { provider_auth: 'CHAP u p' });
    await vol.connect({});
    expect(log.slice(0, 3)).toEqual(['D createExport', 'P setVolume available', 'D initializeConnection']);
    expect(vol.provider_auth).toBe('CHAP u p');
  });

  test('changes nothing and names no resource if createExport() fails', async () => {
    const vol = await volume();
    script.set('createExport', new Error('boom'));
    expect((await failureOf(vol.connect({}))).resource).toBeUndefined();
    expect(log).toEqual(['D createExport']);
    expect(vol.status).toBe('available');
  });

  test('refuses an answer whose data is no dictionary, and removes the export', async () => {
    const vol = await volume();
    log.length = 0;
    script.set('initializeConnection', { driver_volume_type: 'fake', data: ['10.0.0.1'] });
    expect(await failureOf(vol.connect({ host: 'a' }))).toMatchObject({ name: 'ValueError', resource: vol });
    expect(log).toEqual(['D createExport', 'D initializeConnection', 'D terminateConnection', 'D removeExport']);
    expect([vol.status, await vol.connections()]).toEqual(['available', []]);
  });

  test.each([null, undefined, 'iqn', 5, []])('refuses the answer %j, and removes the export', async (answer) => {
    const vol = await volume();
    backend.driver.initializeConnection = () => answer as never;
    expect(await failureOf(vol.connect({ host: 'a' }))).toMatchObject({ name: 'ValueError', resource: vol });
    expect(log).toEqual(['D createExport', 'D terminateConnection', 'D removeExport']);
    expect([vol.status, await cl.persistence.getConnections()]).toEqual(['available', []]);
  });

  test('removes the export if its answer cannot be stored', async () => {
    const vol = await volume();
    script.set('createExport', { metadata: 5 });
    expect(await failureOf(vol.connect({}))).toMatchObject({ name: 'ValueError', resource: vol });
    script.set('createExport', { provider_auth: 'CHAP u p' });
    persistence.failures.set('setVolume', new Error('disk full'));
    expect(await failureOf(vol.connect({}))).toMatchObject({ message: 'disk full', resource: vol });
    const once = ['D createExport', 'D removeExport'];
    expect(log).toEqual([...once, 'D createExport', 'P setVolume available', 'D removeExport']);
  });

  test('terminates the connection if it cannot be stored', async () => {
    const vol = await volume();
    persistence.failures.set('setConnection', new Error('disk full'));
    expect((await failureOf(vol.connect({}))).message).toBe('disk full');
    expect(log.slice(-3)).toEqual(['P setConnection not attached', 'D terminateConnection', 'D removeExport']);
    expect([vol.status, await vol.connections()]).toEqual(['available', []]);
    // Unless the same host may be using another connection.
    persistence.failures.clear();
    const first = await vol.connect({ host: 'twice' });
    persistence.failures.set('setConnection', new Error('disk full'));
    await failureOf(vol.connect({ host: 'twice' }));
    expect(log.slice(-2)).toEqual(['P setConnection not attached', 'D removeExport']);
    expect([vol.status, await vol.connections()]).toEqual(['in-use', [first]]);
  });

  test('leaves no connection if the status of the volume cannot be stored', async () => {
    const vol = await volume();
    persistence.failures.set('setVolume', new Error('disk full'));
    expect((await failureOf(vol.connect({}))).message).toBe('disk full');
    expect(log.slice(-4)).toEqual([
      'P setVolume in-use',
      'D terminateConnection',
      'P deleteConnection',
      'D removeExport',
    ]);
    expect([vol.status, await vol.connections(), await cl.persistence.getConnections()]).toEqual(['available', [], []]);
    // It does not terminate a connection that the host already had.
    persistence.failures.clear();
    const first = await vol.connect({ host: 'twice' });
    persistence.failures.set('setVolume', new Error('disk full'));
    await failureOf(vol.connect({ host: 'twice' }));
    expect(log.slice(-3)).toEqual(['P setVolume in-use', 'P deleteConnection', 'D removeExport']);
    expect([vol.status, await cl.persistence.getConnections()]).toEqual(['in-use', [first]]);
  });

  test('removes the export and keeps the status if initializeConnection() fails', async () => {
    const vol = await volume();
    script.set('initializeConnection', new Error('boom'));
    expect((await failureOf(vol.connect({}))).resource).toBe(vol);
    expect(log).toEqual(['D createExport', 'D initializeConnection', 'D removeExport']);
    expect(vol.status).toBe('available');
  });

  test.each([
    [{ multipath: true }, {}, true],
    [{}, { target_iqns: [], target_portals: [] }, true],
    [{}, { target_wwn: ['a'] }, true],
    [{}, { target_wwn: 'a' }, false],
    [{ multipath: false }, { target_wwn: ['a'] }, false],
  ])('detects multipath from the connector %j and the answer %j', async (connector, data, expected) => {
    const vol = await volume();
    script.set('initializeConnection', { driver_volume_type: 'fake', data });
    expect((await vol.connect(connector)).use_multipath).toBe(expected);
  });
});

describe('disconnect()', () => {
  test.each([
    ['the volume', true],
    ['the connection', false],
  ])('of %s ends the connection, and makes the volume available', async (_name, byVolume) => {
    const vol = await volume();
    const conn = await vol.connect({});
    log.length = 0;
    await (byVolume ? vol.disconnect(conn) : conn.disconnect());
    expect(log).toEqual(['D terminateConnection', 'P deleteConnection', 'D removeExport', 'P setVolume available']);
    expect([conn.connection_info, conn.connected, conn.deleted]).toEqual([null, false, true]);
    expect(await vol.connections()).toEqual([]);
  });

  test('keeps the volume in use while it has another connection', async () => {
    const vol = await volume();
    const [conn] = [await vol.connect({ host: '1' }), await vol.connect({ host: '2' })];
    log.length = 0;
    await vol.disconnect(conn);
    expect(log).toEqual(['D terminateConnection', 'P deleteConnection', 'D removeExport']);
    expect(vol.status).toBe('in-use');
  });

  test('leaves the connection as stored if the storage refuses to delete it', async () => {
    const vol = await volume();
    const conn = await vol.connect({});
    persistence.failures.set('deleteConnection', new Error('disk full'));
    expect((await failureOf(vol.disconnect(conn))).message).toBe('disk full');
    expect([conn.connected, conn.ovo.changedFields.size, await vol.connections()]).toEqual([true, 0, [conn]]);
  });

  test('stores nothing if terminateConnection() fails', async () => {
    const vol = await volume();
    const conn = await vol.connect({});
    log.length = 0;
    script.set('terminateConnection', new Error('boom'));
    await failureOf(vol.disconnect(conn));
    expect(log).toEqual(['D terminateConnection']);
    expect([conn.connected, vol.status]).toEqual([true, 'in-use']);
  });
});

describe('attach()', () => {
  test('connects, attaches and stores the device', async () => {
    const vol = await volume();
    const conn = await vol.attach();
    expect(log).toEqual([
      'D createExport',
      'D initializeConnection',
      'P setConnection not attached',
      'P setVolume in-use',
      'P setConnection attached',
    ]);
    expect([conn.attached, vol.local_attach]).toEqual([true, conn]);
    expect(conn.path).toBe('/dev/fake/x');
  });

  test('detaches and disconnects again if the device is unusable', async () => {
    const steps: string[] = [];
    registerConnector(
      'broken',
      class {
        connectVolume() {
          return { path: '/dev/none', type: 'block' };
        }
        disconnectVolume() {
          steps.push('disconnectVolume');
        }
        checkValidDevice() {
          return false;
        }
      },
    );
    const vol = await volume();
    script.set('initializeConnection', { driver_volume_type: 'broken', data: {} });
    expect(await failureOf(vol.attach())).toMatchObject({ name: 'DeviceUnavailable' });
    expect(steps).toEqual(['disconnectVolume']);
    expect(log.slice(-6)).toEqual([
      'P setConnection attached',
      'P setConnection not attached',
      'D terminateConnection',
      'P deleteConnection',
      'D removeExport',
      'P setVolume available',
    ]);
    expect(vol.local_attach).toBeNull();
  });
});

describe('detach()', () => {
  test('detaches and disconnects', async () => {
    const vol = await volume();
    await vol.attach();
    log.length = 0;
    await vol.detach();
    expect(log).toEqual([
      'P setConnection not attached',
      'D terminateConnection',
      'P deleteConnection',
      'D removeExport',
      'P setVolume available',
    ]);
    expect(vol.local_attach).toBeNull();
  });

  test('of a volume that is not attached on this host is refused', async () => {
    const vol = await volume();
    expect(await failureOf(vol.detach())).toMatchObject({
      name: 'NotLocal',
      message: `Volume ${vol.id} doesn't seem to be attached locally.`,
    });
  });
});
