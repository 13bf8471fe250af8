/** What objects, drivers and the storage know of each other: marks of change, refreshing, look-ups. */
import { type Backend, type Cinderlib, registerVolumeDriver, setup, type Volume, VolumeDriver } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOf } from '../../support/failure-of.ts';
import { type Log, RecordingPersistence, recordingDriver, type Script } from '../../support/recorder.ts';

const fake = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
/** Half of a surrogate pair: no database can store it. */
const loneSurrogate = '\ud800';
/** More than SQLite's 64-bit integers hold: the database itself refuses it. */
const tooBig = 2 ** 70;

const contexts: Cinderlib[] = [];
afterEach(async () => {
  for (const cl of contexts.splice(0)) await cl.close();
});

async function start(
  storage: string | RecordingPersistence,
  driver = fake,
): Promise<{ cl: Cinderlib; backend: Backend }> {
  const cl = await setup({ persistence_config: { storage }, host: 'h', worker: false });
  contexts.push(cl);
  return { cl, backend: await cl.backend({ volume_backend_name: 'b', volume_driver: driver }) };
}

describe('the marks of change', () => {
  test('stay after a failed save, so that the next one writes everything', async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1, { extra_specs: { e: '1' } });
    volume.metadata = { k: 'v' };
    volume.provider_location = 'there';
    volume.display_name = loneSurrogate;
    await failureOf(volume.save());
    expect([...volume.ovo.changedFields].sort()).toEqual(['display_name', 'metadata', 'provider_location']);
    volume.display_name = 'good';
    await volume.save();
    const found = await cl.Volume.getById(volume.id);
    expect([found.name, found.metadata, found.provider_location]).toEqual(['good', { k: 'v' }, 'there']);
    expect(volume.ovo.changedFields.size).toBe(0);
  });

  test('of a volume and its type stay after the database refused a save', async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1, { extra_specs: { e: '1' }, qos_specs: { q: '2' } });
    const type = volume.ovo.child('volume_type');
    volume.metadata = { k: 'v' };
    type?.set('extra_specs', { e: '3' });
    volume.size = tooBig;
    await failureOf(volume.save());
    expect([...volume.ovo.changedFields].sort()).toEqual(['metadata', 'size']);
    expect([...(type?.changedFields ?? [])]).toEqual(['extra_specs']);
    volume.size = 2;
    volume.display_name = 'good';
    await volume.save();
    const found = await cl.Volume.getById(volume.id);
    expect([found.name, found.metadata, found.volume_type?.extra_specs]).toEqual(['good', { k: 'v' }, { e: '3' }]);
  });

  test('of a snapshot stay after the database refused a save', async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1);
    const snapshot = await volume.createSnapshot();
    snapshot.metadata = { k: 'v' };
    snapshot.provider_location = 'there';
    snapshot.volume_size = tooBig;
    await failureOf(snapshot.save());
    expect([...snapshot.ovo.changedFields].sort()).toEqual(['metadata', 'provider_location', 'volume_size']);
    snapshot.volume_size = 2;
    await snapshot.save();
    const found = await cl.Snapshot.getById(snapshot.id);
    expect([found.metadata, found.provider_location]).toEqual([{ k: 'v' }, 'there']);
  });

  test('stay on a type that was assigned during a save', async () => {
    const { cl, backend } = await start('memory_db');
    const [volume, other] = [await backend.createVolume(1), await backend.createVolume(1, { extra_specs: { e: '1' } })];
    // Without a type at first: the save is answered with the default type.
    volume.volume_type_id = null;
    const saving = volume.save();
    volume.volume_type_id = other.volume_type_id;
    await saving;
    expect([volume.volume_type_id, ...volume.ovo.changedFields]).toEqual([other.volume_type_id, 'volume_type_id']);
    await volume.save();
    expect((await cl.Volume.getById(volume.id)).volume_type_id).toBe(other.volume_type_id);
  });

  test.each(['memory', 'memory_db'])(
    'of a volume, its type and its QoS specs are cleared by a save, on %s',
    async (storage) => {
      const { backend } = await start(storage);
      const volume = await backend.createVolume(1, { extra_specs: { e: '1' }, qos_specs: { q: '2' } });
      const type = volume.ovo.child('volume_type');
      const objects = [volume.ovo, type, type?.child('qos_specs')];
      expect(objects.map((object) => object?.changedFields.size)).toEqual([0, 0, 0]);
      type?.set('extra_specs', { e: '3' });
      type?.child('qos_specs')?.set('specs', { q: '4' });
      volume.display_name = 'n';
      await volume.save();
      expect(objects.map((object) => object?.changedFields.size)).toEqual([0, 0, 0]);
    },
  );
});

describe('refresh()', () => {
  test("updates a volume's fields, snapshots and connections", async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1);
    expect([await volume.snapshots(), await volume.connections()]).toEqual([[], []]);
    const other = await cl.Volume.getById(volume.id);
    const snapshot = await other.createSnapshot({ name: 's' });
    const connection = await other.connect({ host: 'x' });
    await other.extend(3);
    await volume.refresh();
    expect([volume.size, volume.status]).toEqual([3, 'in-use']);
    expect((await volume.snapshots()).map(({ id }) => id)).toEqual([snapshot.id]);
    expect((await volume.connections()).map(({ id }) => id)).toEqual([connection.id]);
    expect(await (await volume.snapshots())[0]?.volume()).toBe(volume);
    expect(await (await volume.connections())[0]?.volume()).toBe(volume);
  });

  test('removes deleted children of a volume', async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1);
    const snapshot = await volume.createSnapshot();
    expect((await volume.snapshots()).length).toBe(1);
    await (await cl.Snapshot.getById(snapshot.id)).delete();
    await volume.refresh();
    expect(await volume.snapshots()).toEqual([]);
  });

  test('updates a connection that was changed through another object', async () => {
    const { cl, backend } = await start('memory_db');
    const connection = await (await backend.createVolume(1)).connect({ host: 'x' });
    const other = await cl.Connection.getById(connection.id);
    await other.attach();
    other.mountpoint = '/mnt';
    await other.save();
    expect([connection.attached, connection.mountpoint]).toEqual([false, null]);
    await connection.refresh();
    expect([connection.attached, connection.path, connection.mountpoint]).toEqual([true, other.path, '/mnt']);
  });

  // As in Python's cinderlib, a refreshed connection equals one that was just read, including its volume.
  test('makes a connection dump like one that was just read', async () => {
    const { cl, backend } = await start('memory_db');
    const { id } = await (await backend.createVolume(1)).connect({ host: 'x' });
    const connection = await cl.Connection.getById(id);
    await connection.refresh();
    expect(connection.jsons()).toBe((await cl.Connection.getById(id)).jsons());
    const other = await cl.Connection.getById(id);
    other.mountpoint = '/mnt';
    await other.save();
    await connection.refresh();
    expect(connection.jsons()).toBe((await cl.Connection.getById(id)).jsons());
    expect(connection.jsons().match(/"mountpoint":"\/mnt"/g)).toHaveLength(2);
    expect(await (await (await connection.volume()).connections())[0]?.volume()).toBe(await connection.volume());
  });

  test('fails if the object was deleted', async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1);
    const connection = await volume.connect({ host: 'x' });
    await (await cl.Connection.getById(connection.id)).disconnect();
    await (await cl.Volume.getById(volume.id)).delete();
    expect((await failureOf(connection.refresh())).name).toBe('ConnectionNotFound');
    expect((await failureOf(volume.refresh())).name).toBe('VolumeNotFound');
  });
});

describe('disconnect()', () => {
  test.each(['memory', 'memory_db'])("sets the volume's status by the stored connections, on %s", async (storage) => {
    const { cl, backend } = await start(storage);
    const { id } = await backend.createVolume(1);
    const [one, other] = [await cl.Volume.getById(id), await cl.Volume.getById(id)];
    const [first, second] = [await one.connect({ host: 'h1' }), await other.connect({ host: 'h2' })];
    await one.disconnect(first);
    expect((await cl.Volume.getById(id)).status).toBe('in-use');
    await (await cl.Connection.getById(second.id)).disconnect();
    expect((await cl.Volume.getById(id)).status).toBe('available');
  });

  test('makes the volume available if its other connections were ended through another object', async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1);
    const [first, second] = [await volume.connect({ host: 'h1' }), await volume.connect({ host: 'h2' })];
    await (await cl.Connection.getById(second.id)).disconnect();
    await volume.disconnect(first);
    expect((await cl.Volume.getById(volume.id)).status).toBe('available');
  });
});

describe('the connector that the driver gets on disconnect', () => {
  const host = { host: 'node-1' };

  // What Python's cinderlib passed to a driver for these dumps; without a host in `connection_info` it passed None.
  test.each<[string, Record<string, unknown>, string]>([
    ['absent', {}, '1.2'],
    ['null', { connector: null }, '1.3'],
    ['another one', { connector: { host: 'other' } }, '1.3'],
  ])('is the one in connection_info if the field is %s', async (_, field, version) => {
    const { cl, backend } = await start('memory');
    const volume = await backend.createVolume(1);
    const dump = (await volume.connect(host)).json();
    const { connector, ...data } = dump.ovo['versioned_object.data'] as Record<string, unknown>;
    expect(connector).toEqual(host);
    const ovo = { ...dump.ovo, 'versioned_object.version': version, 'versioned_object.data': { ...data, ...field } };
    const given: unknown[] = [];
    backend.driver.terminateConnection = async (_volume, connectedHost) => {
      given.push(connectedHost);
    };
    const loaded = await cl.load({ ...dump, ovo });
    if (!('conn_info' in loaded)) return expect.unreachable('a connection should have been loaded');
    await loaded.disconnect();
    expect(given).toEqual([host]);
  });
});

describe('the db of a driver', () => {
  /** The results of the driver's look-ups while it created volumes. */
  let found: unknown[];

  beforeEach(() => {
    found = [];
    registerVolumeDriver(
      'curious',
      class extends VolumeDriver {
        override getVolumeStats() {
          return { pools: [{ pool_name: 'pool' }] };
        }
        override async createVolume(volume: { readonly id: string }) {
          // The built-in storages provide this look-up.
          const db = this.db as { volumeGet(id: string): Promise<unknown> };
          found.push(await db.volumeGet(volume.id));
          return {};
        }
      },
    );
  });

  test.each(['memory', 'memory_db'])('finds the volume that is being created, on %s', async (storage) => {
    const { backend } = await start(storage, 'curious');
    const volume = await backend.createVolume(1);
    expect(found).toEqual([volume]);
    expect(found[0]).toBe(volume);
    expect(backend.volumesInFlight.size).toBe(0);
  });

  test('changes to that of the new storage with setPersistence()', async () => {
    const { cl, backend } = await start('memory', 'curious');
    const before = backend.driver.db;
    expect(before).toBe(cl.persistence.db);
    await cl.setPersistence({ storage: 'memory_db' });
    expect(backend.driver.db).toBe(cl.persistence.db);
    expect(backend.driver.db).not.toBe(before);
    const volume = await backend.createVolume(1);
    expect(found).toEqual([volume]);
  });

  test('changes to that of the new storage even for a backend that is still starting', async () => {
    let goOn = (): void => {};
    registerVolumeDriver(
      'slow',
      class extends VolumeDriver {
        override async doSetup() {
          await new Promise<void>((resolve) => {
            goOn = resolve;
          });
        }
        override getVolumeStats() {
          return { pools: [{ pool_name: 'pool' }] };
        }
      },
    );
    const { cl } = await start('memory_db');
    const starting = cl.backend({ volume_backend_name: 's', volume_driver: 'slow' });
    await expect.poll(() => String(goOn)).toContain('[native code]');
    await cl.setPersistence({ storage: 'memory_db' });
    goOn();
    expect((await starting).driver.db).toBe(cl.persistence.db);
  });

  test.each(['memory', 'memory_db'])('lists the volumes of a host and of its pools, on %s', async (storage) => {
    const { cl, backend } = await start(storage);
    await cl.backend({ volume_backend_name: 'b2', volume_driver: fake });
    const hosts = ['h@b', 'h@b#one', 'h@b#two', 'h@b2#one', 'other@b#one'];
    for (const host of hosts) await backend.createVolume(1, { host, name: host });
    // The built-in storages provide this look-up.
    const db = cl.persistence.db as { volumeGetAllByHost(host: string): Promise<readonly Volume[]> };
    const on = async (host: string) => (await db.volumeGetAllByHost(host)).map(({ name }) => name).sort();
    expect(await on('h@b')).toEqual(['h@b', 'h@b#one', 'h@b#two']);
    expect(await on('h@b#one')).toEqual(['h@b#one']);
    expect(await on('h')).toEqual([]);
  });
});

describe('a volume that is being created', () => {
  let log: Log;
  let script: Script;
  let persistence: RecordingPersistence;
  let backend: Backend;
  /** For each call of the driver or the storage, how many volumes were in flight. */
  let inFlight: string[];

  beforeEach(async () => {
    log = [];
    script = new Map();
    inFlight = [];
    const note = (call: string): void => void inFlight.push(`${call} ${backend.volumesInFlight.size}`);
    registerVolumeDriver(
      'watched',
      class extends recordingDriver(log, script) {
        override createVolume() {
          note('create');
          return super.createVolume();
        }
        override createClonedVolume() {
          note('clone');
          return super.createClonedVolume();
        }
        override createVolumeFromSnapshot() {
          note('from snapshot');
          return super.createVolumeFromSnapshot();
        }
      },
    );
    persistence = new (class extends RecordingPersistence {
      override async setVolume(volume: Volume) {
        note(`save ${backend.volumesInFlight.get(volume.id) === volume ? 'of it' : 'of another'}`);
        await super.setVolume(volume);
      }
    })(log);
    ({ backend } = await start(persistence, 'watched'));
  });

  test('is in flight from the driver call until it is saved', async () => {
    const volume = await backend.createVolume(1);
    expect(backend.volumesInFlight.size).toBe(0);
    await volume.clone();
    const snapshot = await volume.createSnapshot();
    await snapshot.createVolume();
    const saved = 'save of it 1';
    expect(inFlight).toEqual(['create 1', saved, 'clone 1', saved, 'from snapshot 1', saved]);
    expect(backend.volumesInFlight.size).toBe(0);
  });

  test('is in flight until its failure is saved', async () => {
    script.set('createVolume', new Error('boom'));
    await failureOf(backend.createVolume(1));
    expect(inFlight).toEqual(['create 1', 'save of it 1']);
    expect(backend.volumesInFlight.size).toBe(0);
  });

  test('is no longer in flight once saving it failed', async () => {
    persistence.failures.set('setVolume', new Error('disk full'));
    await failureOf(backend.createVolume(1));
    expect(backend.volumesInFlight.size).toBe(0);
  });

  test.each([
    ['create', async () => backend.createVolume(1)],
    ['clone', async (volume: Volume) => volume.clone()],
    ['extend', async (volume: Volume) => volume.extend(2)],
  ])('is named by the error of %s if it could not be stored', async (name, operation) => {
    const volume = await backend.createVolume(1);
    const full = new Error('disk full');
    persistence.failures.set('setVolume', full);
    const error = await failureOf(operation(volume));
    expect(error).toBe(full);
    // Each of the operations concerns a volume.
    const resource = error.resource as Volume;
    expect(resource.status).toBe(name === 'extend' ? 'available' : 'error');
    expect(resource === volume).toBe(name === 'extend');
  });

  test('has no part in the error of a snapshot that could not be stored, which names the snapshot', async () => {
    const volume = await backend.createVolume(1);
    const full = new Error('disk full');
    persistence.failures.set('setSnapshot', full);
    const error = await failureOf(volume.createSnapshot({ name: 's' }));
    expect(error).toBe(full);
    expect(error.resource).toMatchObject({ volume_id: volume.id, name: 's', status: 'error' });
  });
});

test.each(['memory', 'memory_db'])(
  'deleting a volume also deletes its snapshots and connections, and no others, on %s',
  async (storage) => {
    const { cl, backend } = await start(storage);
    const [volume, other] = [await backend.createVolume(1), await backend.createVolume(1)];
    for (const each of [volume, other]) {
      await each.createSnapshot();
      await each.connect({ host: 'x' });
    }
    await cl.persistence.deleteVolume(volume);
    const { persistence } = cl;
    for (const left of [await persistence.getSnapshots({}), await persistence.getConnections({})]) {
      expect(left.map(({ volume_id }) => volume_id)).toEqual([other.id]);
    }
  },
);
