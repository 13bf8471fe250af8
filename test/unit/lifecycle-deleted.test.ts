/** Operations on what was deleted: those that need it fail before a driver is called, and those that end it do not. */
import {
  type Backend,
  type Cinderlib,
  type Connection,
  MissingReference,
  registerConnector,
  registerVolumeDriver,
  type Snapshot,
  setup,
  type Volume,
} from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOf } from '../support/failure-of.ts';
import {
  type Log,
  RecordingPersistence,
  recordingConnector,
  recordingDriver,
  type Script,
} from '../support/recorder.ts';

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

async function open(storage: string | RecordingPersistence): Promise<void> {
  cl = await setup({ persistence_config: { storage }, host: 'h', worker: false });
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

describe('a volume that was deleted through another object', () => {
  beforeEach(() => open('memory_db'));

  async function deletedElsewhere(): Promise<void> {
    await (await cl.Volume.getById(volume.id)).delete();
    log.length = 0;
  }

  test('is named by the error of extend()', async () => {
    await deletedElsewhere();
    expect(await failureOf(volume.extend(2))).toMatchObject({ name: 'VolumeNotFound', volume_id: volume.id });
  });

  test('is named by the error of connect(), which is undone', async () => {
    await deletedElsewhere();
    const error = await failureOf(volume.connect({ host: 'x' }));
    expect(error).toMatchObject({ name: 'VolumeNotFound', volume_id: volume.id });
    expect(log).toEqual(['D createExport', 'D initializeConnection', 'D terminateConnection', 'D removeExport']);
    expect(await cl.persistence.getConnections()).toEqual([]);
  });
});

// As a database on a server refuses a row whose volume is gone.
describe('in a storage that refuses children without a volume', () => {
  let persistence: RecordingPersistence;
  const refusal = new MissingReference('a foreign key constraint fails');

  beforeEach(async () => {
    persistence = new RecordingPersistence(log);
    await open(persistence);
    persistence.forget(volume.id);
    log.length = 0;
  });

  test.each<[string, string, () => Promise<Snapshot | Connection>, string[]]>([
    ['createSnapshot()', 'setSnapshot', () => volume.createSnapshot(), ['D createSnapshot', 'D deleteSnapshot']],
    [
      'connect()',
      'setConnection',
      () => volume.connect({ host: 'x' }),
      ['D createExport', 'D initializeConnection', 'D terminateConnection', 'D removeExport'],
    ],
  ])(
    'the error of %s names the volume, and what the driver has done is undone',
    async (_, setter, operation, calls) => {
      persistence.failures.set(setter, refusal);
      const error = await failureOf(operation());
      expect(error).toMatchObject({ name: 'VolumeNotFound', volume_id: volume.id, cause: refusal });
      expect(log.filter((call) => call.startsWith('D'))).toEqual(calls);
    },
  );

  test('the refusal is passed on if the volume is there, or cannot be looked for', async () => {
    persistence.failures.set('setSnapshot', refusal);
    persistence.failures.set('getVolumes', new Error('no connection'));
    expect(await failureOf(volume.createSnapshot())).toBe(refusal);
    persistence.failures.delete('getVolumes');
    await persistence.setVolume(volume);
    expect(await failureOf(volume.createSnapshot())).toBe(refusal);
  });
});
