/** The order of driver and storage calls in each operation, and the resulting states: the same as in the original. */
import { inspect } from 'node:util';
import {
  type Backend,
  type Cinderlib,
  KeyValue,
  registerConnector,
  registerVolumeDriver,
  setup,
  type Volume,
  VolumeDriver,
} from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOf } from '../../support/failure-of.ts';
import { type Log, RecordingPersistence, recordingDriver, type Script } from '../../support/recorder.ts';

let log: Log;
let script: Script;
let persistence: RecordingPersistence;
let cl: Cinderlib;
let backend: Backend;

beforeEach(async () => {
  log = [];
  script = new Map();
  registerVolumeDriver('recording', recordingDriver(log, script));
  persistence = new RecordingPersistence(log);
  cl = await setup({ persistence_config: { storage: persistence }, host: 'h' });
  backend = await cl.backend({ volume_backend_name: 'b', volume_driver: 'recording' });
});

afterEach(() => cl.close());

/** A new volume, with the log of its creation cleared. */
async function volume(fields: Record<string, unknown> = {}): Promise<Volume> {
  const made = await backend.createVolume(1, fields);
  log.length = 0;
  return made;
}

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

describe('createVolume()', () => {
  test("calls the driver, then stores the volume with the driver's answer", async () => {
    log.length = 0;
    script.set('createVolume', { provider_location: 'here', status: 'available', unknown: 1, metadata: { m: '1' } });
    const made = await backend.createVolume(2, { name: 'n' });
    expect(log).toEqual(['D createVolume', 'P setVolume available']);
    expect([made.provider_location, made.metadata, made.size, made.host]).toEqual(['here', { m: '1' }, 2, 'h@b#pool']);
  });

  test("uses the status of the driver's answer", async () => {
    script.set('createVolume', { status: 'downloading' });
    expect((await backend.createVolume(1)).status).toBe('downloading');
  });

  test('fails if the driver answers with a different id', async () => {
    script.set('createVolume', { id: 'mine', provider_id: '1' });
    expect((await backend.createVolume(1, { id: 'mine' })).provider_id).toBe('1');
    const error = await failureOf(backend.createVolume(1, { id: 'other' }));
    expect(error).toMatchObject({ name: 'ValueError', resource: { id: 'other', status: 'error' } });
    expect((await cl.persistence.getVolumes()).map(({ id }) => id)).toEqual(['mine', 'other']);
    expect(backend.volumesInFlight.size).toBe(0);
  });

  test('wraps a thrown value that cannot carry a resource in an error, as its cause', async () => {
    const circle: Record<string, unknown> = { status: 500 };
    circle['circle'] = circle;
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const fixed = Object.defineProperty(new Error('fixed'), 'resource', { value: 1 });
    for (const thrown of [
      circle,
      proxy,
      Object.create(null),
      Symbol('s'),
      undefined,
      fixed,
      Object.freeze(new Error()),
    ]) {
      backend.driver.createVolume = () => {
        throw thrown;
      };
      const error = await failureOf(backend.createVolume(1));
      expect([error instanceof Error, error.cause === thrown]).toEqual([true, true]);
      expect(error.resource).toMatchObject({ status: 'error' });
    }
  });

  test('stores a failed volume with status error, and names it', async () => {
    log.length = 0;
    await backend.volumes();
    const boom = new Error('boom');
    script.set('createVolume', boom);
    const error = await failureOf(backend.createVolume(1, { name: 'n' }));
    expect(error).toBe(boom);
    expect(log).toEqual(['D createVolume', 'P setVolume error']);
    expect((error.resource as Volume).status).toBe('error');
    expect(await backend.volumes()).toEqual([]);
    expect(backend.volumesInFlight.size).toBe(0);
  });

  test('reports both errors if storing the failure fails too', async () => {
    script.set('createVolume', new Error('driver'));
    persistence.failures.set('setVolume', new Error('storage'));
    const error = await failureOf(backend.createVolume(1));
    expect([error.message, (error.not_saved as Error).message]).toEqual(['driver', 'storage']);
  });
});

describe('delete()', () => {
  test('calls the driver, then removes the volume', async () => {
    const vol = await volume();
    await vol.delete();
    expect(log).toEqual(['D deleteVolume', 'P deleteVolume']);
    expect([vol.status, vol.deleted, typeof vol.deleted_at]).toEqual(['deleted', true, 'string']);
  });

  test('of a volume with snapshots is refused before the driver is called', async () => {
    const vol = await volume();
    await vol.createSnapshot();
    log.length = 0;
    const error = await failureOf(vol.delete());
    expect(error).toMatchObject({
      name: 'InvalidVolume',
      message: `Invalid volume: Cannot delete volume ${vol.id} with snapshots`,
    });
    expect(log).toEqual([]);
  });

  test.each([
    ['deleteVolume in the driver', true],
    ['deleteVolume in the storage', false],
  ])('sets the status error_deleting if it fails at %s', async (_name, inDriver) => {
    const vol = await volume();
    if (inDriver) script.set('deleteVolume', new Error('boom'));
    else persistence.failures.set('deleteVolume', new Error('boom'));
    const error = await failureOf(vol.delete());
    expect(error.resource).toBe(vol);
    expect(log.at(-1)).toBe('P setVolume error_deleting');
  });
});

describe('extend()', () => {
  test('stores the new size and returns it in bytes', async () => {
    const vol = await volume();
    expect(await vol.extend(3)).toBe(3 * 1024 ** 3);
    expect(log).toEqual(['D extendVolume', '  to 3', 'P setVolume available']);
    expect([vol.size, vol.status, vol.previous_status]).toEqual([3, 'available', null]);
  });

  test.each(['3', 1.5, Number.NaN, null])('with the size %j is refused before the driver is called', async (size) => {
    const vol = await volume();
    expect(await failureOf(vol.extend(size as number))).toMatchObject({ name: 'ValueError' });
    expect([log, vol.status]).toEqual([[], 'available']);
  });

  test('to size 0 is refused before the driver is called, and changes nothing', async () => {
    const vol = await backend.createVolume(2);
    log.length = 0;
    const error = await failureOf(vol.extend(0));
    expect(error).toMatchObject({ name: 'InvalidVolume', resource: vol, message: expect.stringContaining('2 GiB') });
    expect([log, vol.size, vol.status, vol.previous_status]).toEqual([[], 2, 'available', null]);
  });

  // As in the original, it is up to the driver to refuse that.
  test('to a smaller size calls the driver', async () => {
    const vol = await backend.createVolume(3);
    log.length = 0;
    await vol.extend(2);
    expect([log[0], vol.size, vol.status]).toEqual(['D extendVolume', 2, 'available']);
  });

  test('keeps the size and the previous status if it fails', async () => {
    const vol = await volume();
    script.set('extendVolume', new Error('full'));
    expect((await failureOf(vol.extend(3))).resource).toBe(vol);
    expect([vol.size, vol.status, vol.previous_status]).toEqual([1, 'error', 'available']);
    expect(log).toEqual(['D extendVolume', 'P setVolume error']);
  });
});

describe('clone()', () => {
  test('creates a volume like its source', async () => {
    const vol = await volume({ name: 'n', metadata: { m: '1' }, extra_specs: { e: '1' }, qos_specs: { q: '2' } });
    const copy = await vol.clone({ name: 'copy' });
    expect(log).toEqual(['D createClonedVolume', 'P setVolume available']);
    expect([copy.source_volid, copy.name, copy.metadata, copy.host]).toEqual([vol.id, 'copy', { m: '1' }, vol.host]);
    expect(copy.created_at).toBe(vol.created_at);
    expect(copy.volume_type?.extra_specs).toEqual({ e: '1' });
    expect(copy.volume_type?.id).toBe(copy.id);
    expect(copy.volume_type?.qos_specs?.specs).toEqual({ q: '2' });
  });

  test('with a negative size is refused before the driver is called', async () => {
    const vol = await volume();
    const snap = await vol.createSnapshot();
    log.length = 0;
    for (const copy of [vol.clone({ size: -1 }), snap.createVolume({ size: -1 })]) {
      expect(await failureOf(copy)).toMatchObject({ name: 'ValueError' });
    }
    expect(log).toEqual([]);
  });

  test('names the copy if it fails', async () => {
    const vol = await volume();
    script.set('createClonedVolume', new Error('boom'));
    const error = await failureOf(vol.clone());
    expect((error.resource as Volume).source_volid).toBe(vol.id);
    expect(log).toEqual(['D createClonedVolume', 'P setVolume error']);
  });
});

describe('a snapshot', () => {
  test('is created, listed and deleted', async () => {
    const vol = await volume({ size: 1 });
    await vol.snapshots();
    const snap = await vol.createSnapshot({ name: 's' });
    expect(log).toEqual(['D createSnapshot', 'P setSnapshot available']);
    expect([snap.volume_id, snap.volume_size, snap.progress, snap.name, snap.description]).toEqual([
      vol.id,
      1,
      'b',
      's',
      '',
    ]);
    expect(await vol.snapshots()).toEqual([snap]);
    await snap.delete();
    expect(log.slice(2)).toEqual(['D deleteSnapshot', 'P deleteSnapshot']);
    expect(await vol.snapshots()).toEqual([]);
    expect(snap.status).toBe('deleted');
  });

  test('is stored with status error and listed if its creation fails', async () => {
    const vol = await volume();
    script.set('createSnapshot', new Error('boom'));
    const error = await failureOf(vol.createSnapshot());
    expect(log).toEqual(['D createSnapshot', 'P setSnapshot error']);
    expect(await vol.snapshots()).toEqual([error.resource]);
  });

  test('gets the status error_deleting if its deletion fails', async () => {
    const vol = await volume();
    const snap = await vol.createSnapshot();
    script.set('deleteSnapshot', new Error('boom'));
    expect((await failureOf(snap.delete())).resource).toBe(snap);
    expect(log.at(-1)).toBe('P setSnapshot error_deleting');
  });

  test('creates a volume of its own size', async () => {
    const vol = await volume();
    const snap = await vol.createSnapshot();
    await vol.extend(5);
    log.length = 0;
    const copy = await snap.createVolume({ name: 'copy' });
    expect(log).toEqual(['D createVolumeFromSnapshot', 'P setVolume available']);
    expect([copy.size, copy.snapshot_id, copy.source_volid]).toEqual([1, snap.id, null]);
  });
});

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

test.each(['memory', 'memory_db'])(
  'refresh() of a child updates it in place in the dump of its volume, on %s',
  async (storage) => {
    const other = await setup({ persistence_config: { storage } });
    const b = await other.backend({
      volume_backend_name: 'b',
      volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
    });
    const vol = await b.createVolume(1);
    const snapshots = [await vol.createSnapshot({ name: 'first' }), await vol.createSnapshot({ name: 'second' })];
    const same = await other.Snapshot.getById(snapshots[0]?.id ?? '');
    same.display_name = 'renamed';
    await same.save();
    await snapshots[0]?.refresh();
    expect((await vol.snapshots()).map(({ name }) => name)).toEqual(['renamed', 'second']);
    expect(vol.jsons()).toContain('"display_name":"renamed"');
    expect(await snapshots[0]?.volume()).toBe(vol);
    await other.close();
  },
);

test('createVolume() refuses an unknown field, with the nearest name', async () => {
  await expect(backend.createVolume(1, { display_nme: 'x' } as object)).rejects.toMatchObject({
    name: 'ValueError',
    message: 'Volume has no field display_nme. Did you mean display_name?',
  });
});

test('objects print without their secrets', async () => {
  const vol = await volume({ provider_auth: 'CHAP user secret' });
  const secretive = await cl.backend({ volume_backend_name: 's', volume_driver: 'recording', san_password: 'secret' });
  const plugin = new RecordingPersistence(log);
  expect(
    inspect([secretive.driver, secretive, plugin]) + JSON.stringify([secretive.driver, secretive, plugin]),
  ).not.toContain('secret');
  expect([inspect(vol), String(vol), inspect(backend), inspect(new KeyValue('k', 'secret'))]).toEqual([
    `<Volume ${vol.id}, no name, 1 GiB, available>`,
    `<Volume ${vol.id}>`,
    '<Backend b>',
    '<KeyValue k>',
  ]);
});

test('volumes, snapshots and connections print their identifying fields, and no secret', async () => {
  const vol = await volume({ name: 'data', provider_auth: 'CHAP u secret' });
  const snapshot = await vol.createSnapshot({ name: 'line\nbreak' });
  const connection = await vol.connect({ host: 'h' });
  expect(inspect(vol)).toBe(`<Volume ${vol.id}, "data", 1 GiB, in-use>`);
  expect(inspect(snapshot)).toBe(`<Snapshot ${snapshot.id}, "line\\nbreak", 1 GiB, available>`);
  expect(inspect(connection)).toBe(`<Connection ${connection.id} of volume ${vol.id}>`);
  vol.name = 'n'.repeat(1000);
  expect(inspect(vol)).toBe(`<Volume ${vol.id}, a string of 1000 characters, 1 GiB, in-use>`);
  expect(inspect({ deep: [vol] })).toContain(`<Volume ${vol.id}, a string`);
});
