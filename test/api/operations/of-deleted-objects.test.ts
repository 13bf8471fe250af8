/** Operations on what was deleted: those that need it fail before a driver is called, and those that end it do not. */
import {
  type Backend,
  type Cinderlib,
  type Connection,
  registerConnector,
  registerVolumeDriver,
  setup,
  type Volume,
} from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOf } from '../../support/failure-of.ts';
import {
  type Log,
  RecordingPersistence,
  recordingConnector,
  recordingDriver,
  type Script,
} from '../../support/recorder.ts';

let log: Log;
let script: Script;
let cl: Cinderlib;
let backend: Backend;
let volume: Volume;

beforeEach(() => {
  log = [];
  script = new Map([['initializeConnection', { driver_volume_type: 'logged', data: {} }]]);
  registerVolumeDriver('recording', recordingDriver(log, script));
  registerConnector('logged', recordingConnector(log));
});

afterEach(() => cl.close());

async function open(storage: string | RecordingPersistence, options: object = {}): Promise<void> {
  cl = await setup({ persistence_config: { storage, ...options }, host: 'h', worker: false });
  backend = await cl.backend({ volume_backend_name: 'b', volume_driver: 'recording' });
  volume = await backend.createVolume(1);
}

const storages = ['memory', 'memory_db', 'a plugin'];

describe.each(storages)('on %s', (name) => {
  beforeEach(() => open(name === 'a plugin' ? new RecordingPersistence(log) : name));

  /** Deletes the volume while it is connected, which some drivers allow. */
  async function connectedVolumeDeleted(): Promise<Connection> {
    const connection = await volume.connect({ host: 'x' });
    await volume.delete();
    return connection;
  }

  test.each<[string, () => Promise<unknown>]>([
    ['createSnapshot()', () => volume.createSnapshot()],
    ['clone()', () => volume.clone()],
    ['extend()', () => volume.extend(2)],
    ['connect()', () => volume.connect({ host: 'x' })],
    ['attach()', () => volume.attach()],
    ['cleanup()', () => volume.cleanup()],
  ])('%s of a deleted volume fails before the driver is called', async (_, operation) => {
    await volume.delete();
    log.length = 0;
    const error = await failureOf(operation());
    expect(error).toMatchObject({ name: 'VolumeNotFound', volume_id: volume.id, resource: volume });
    expect([log, volume.status]).toEqual([[], 'deleted']);
    for (const stored of [await cl.persistence.getVolumes(), await cl.persistence.getSnapshots()]) {
      expect(stored).toEqual([]);
    }
  });

  test.each<[string, (connection: Connection) => Promise<unknown>]>([
    ['connection.attach()', (connection) => connection.attach()],
    ['connection.disconnect()', (connection) => connection.disconnect()],
    ['volume.disconnect()', (connection) => volume.disconnect(connection)],
  ])('%s fails before the driver is called if the connected volume was deleted', async (_, operation) => {
    const connection = await connectedVolumeDeleted();
    log.length = 0;
    const error = await failureOf(operation(connection));
    expect(error).toMatchObject({ name: 'VolumeNotFound', volume_id: volume.id, resource: volume });
    expect([log, volume.status]).toEqual([[], 'deleted']);
  });

  test('an operation that waits for its turn while the volume is deleted does not call the driver', async () => {
    let goOn = (): void => {};
    backend.driver.extendVolume = () =>
      new Promise<void>((resolve) => {
        goOn = resolve;
      });
    const [first, second] = [volume.extend(2), failureOf(volume.connect({ host: 'x' }))];
    await volume.delete();
    log.length = 0;
    goOn();
    expect(await second).toMatchObject({ name: 'VolumeNotFound', resource: volume });
    expect(log.filter((call) => call.startsWith('D'))).toEqual([]);
    await Promise.allSettled([first]);
  });

  test('createVolume() of a deleted snapshot fails before the driver is called', async () => {
    const snapshot = await volume.createSnapshot();
    await snapshot.delete();
    log.length = 0;
    const error = await failureOf(snapshot.createVolume());
    expect(error).toMatchObject({ name: 'SnapshotNotFound', snapshot_id: snapshot.id, resource: snapshot });
    expect([log, snapshot.status]).toEqual([[], 'deleted']);
  });

  test('createVolume() of a snapshot that was deleted with its volume fails before the driver is called', async () => {
    const snapshot = await volume.createSnapshot();
    await cl.persistence.deleteVolume(volume);
    log.length = 0;
    expect(await failureOf(snapshot.createVolume())).toMatchObject({ name: 'VolumeNotFound', resource: volume });
    expect(log).toEqual([]);
  });

  test('attach() of a deleted connection fails before the device is connected', async () => {
    const connection = await volume.connect({ host: 'x' });
    await connection.disconnect();
    log.length = 0;
    const error = await failureOf(connection.attach());
    expect(error).toMatchObject({ name: 'ConnectionNotFound', connection_id: connection.id, resource: connection });
    expect(log).toEqual([]);
  });

  // The original too: whoever deletes wants it gone, and a driver ignores what it no longer has.
  test('delete() can be repeated', async () => {
    const snapshot = await volume.createSnapshot();
    for (const one of [snapshot, snapshot, volume, volume]) await one.delete();
    expect(log.filter((call) => call.startsWith('D delete'))).toEqual([
      'D deleteSnapshot',
      'D deleteSnapshot',
      'D deleteVolume',
      'D deleteVolume',
    ]);
  });

  test('disconnect() can be repeated after it failed halfway, and does not end what the host has connected since', async () => {
    const connection = await volume.connect({ host: 'x' });
    script.set('removeExport', new Error('busy'));
    await failureOf(connection.disconnect());
    expect([connection.deleted, volume.status]).toEqual([true, 'in-use']);
    script.delete('removeExport');
    log.length = 0;
    await connection.disconnect();
    expect(log.filter((call) => call.startsWith('D'))).toEqual(['D removeExport']);
    expect(volume.status).toBe('available');
  });
});

describe.each([
  ['memory_db', {}],
  ['db', { connection: 'sqlite://', soft_deletes: true }],
])('a volume that was deleted through another object, on %s %j', (storage, options) => {
  beforeEach(() => open(storage, options));

  async function deletedElsewhere(): Promise<void> {
    await (await cl.Volume.getById(volume.id)).delete();
    log.length = 0;
  }

  const noChildren = async (): Promise<void> => {
    expect([await cl.persistence.getSnapshots(), await cl.persistence.getConnections()]).toEqual([[], []]);
  };

  test('is named by the error of extend()', async () => {
    await deletedElsewhere();
    expect(await failureOf(volume.extend(2))).toMatchObject({ name: 'VolumeNotFound', volume_id: volume.id });
  });

  test.each<[string, () => Promise<unknown>, string[]]>([
    ['createSnapshot()', () => volume.createSnapshot(), ['D createSnapshot', 'D deleteSnapshot']],
    [
      'connect()',
      () => volume.connect({ host: 'x' }),
      ['D createExport', 'D initializeConnection', 'D terminateConnection', 'D removeExport'],
    ],
  ])('is named by the error of %s, which is undone', async (_, operation, calls) => {
    await deletedElsewhere();
    const error = await failureOf(operation());
    expect(error).toMatchObject({ name: 'VolumeNotFound', volume_id: volume.id });
    expect(log).toEqual(calls);
    await noChildren();
  });

  test('gets no snapshot with an error status if the driver fails to take one', async () => {
    await deletedElsewhere();
    const why = new Error('no such disk');
    script.set('createSnapshot', why);
    const error = await failureOf(volume.createSnapshot());
    expect([error, error.not_saved]).toEqual([why, expect.objectContaining({ name: 'VolumeNotFound' })]);
    await noChildren();
  });

  test('gets none while it is being deleted', async () => {
    backend.driver.createSnapshot = async () => {
      await (await cl.Volume.getById(volume.id)).delete();
    };
    expect(await failureOf(volume.createSnapshot())).toMatchObject({ name: 'VolumeNotFound' });
    await noChildren();
  });

  // As in the original on SQLite: a dump of a snapshot need not come with its volume.
  test('may be missing for a snapshot that is loaded', async () => {
    const dump = (await volume.createSnapshot()).toJsons();
    await cl.persistence.deleteVolume(volume);
    const id = crypto.randomUUID();
    await cl.load(dump.replace(/"id":"[^"]*"/, `"id":"${id}"`), { save: true });
    expect((await cl.persistence.getSnapshots()).map((snapshot) => snapshot.id)).toEqual([id]);
  });
});

test.each(storages)(
  'a snapshot is not kept if this object was used to delete its volume meanwhile: %s',
  async (name) => {
    await open(name === 'a plugin' ? new RecordingPersistence(log) : name);
    backend.driver.createSnapshot = () => volume.delete();
    expect(await failureOf(volume.createSnapshot())).toMatchObject({ name: 'VolumeNotFound', volume_id: volume.id });
    expect(await cl.persistence.getSnapshots()).toEqual([]);
  },
);
