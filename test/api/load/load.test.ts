/** How `load()` treats the backends of a dump, and what remains of a dump that cannot be read. */
import {
  type Cinderlib,
  type Connection,
  PersistenceDriver,
  registerVolumeDriver,
  type Snapshot,
  setup,
  type Volume,
} from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Log, recordingDriver } from '../../support/recorder.ts';

const fake = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
const log: Log = [];
let cl: Cinderlib;

beforeEach(async () => {
  log.length = 0;
  registerVolumeDriver('recording', recordingDriver(log, new Map()));
  cl = await setup({ persistence_config: { storage: 'memory_db' }, worker: false });
});
afterEach(() => cl.close());

function primitive(name: string, version: string, data: object): object {
  return {
    'versioned_object.name': name,
    'versioned_object.namespace': 'cinder',
    'versioned_object.version': version,
    'versioned_object.data': data,
  };
}

const inFull = (name: string) => ({ volume_backend_name: name, volume_driver: 'recording' });
const volume = (name: string, data: object) => ({
  class: 'Volume',
  backend: { volume_backend_name: name },
  ovo: primitive('Volume', '1.9', data),
});
const snapshot = (name: string, data: object) => ({
  class: 'Snapshot',
  backend: { volume_backend_name: name },
  ovo: primitive('Snapshot', '1.6', data),
});
const backend = { class: 'Backend', backend: inFull('new'), volumes: [] };

describe('load() starts no backend of a dump', () => {
  test.each<[string, string, readonly object[]]>([
    ['with an invalid object', 'InvalidDump', [backend, { ...volume('new', {}), ovo: {} }]],
    ['with a value of the wrong type', 'ValueError', [backend, volume('new', { id: 'v', size: 'big' })]],
    [
      'with a value of the wrong type within the backend',
      'ValueError',
      [{ ...backend, volumes: [volume('new', { size: 'big' })] }],
    ],
    ['with a snapshot of another backend', 'ValueError', [backend, snapshot('new', { id: 's', progress: 'other' })]],
    ['with a snapshot that names no backend', 'ObjectActionError', [backend, snapshot('new', { id: 's' })]],
    ['with a backend that is missing', 'BackendNotPresent', [backend, volume('other', { id: 'v' })]],
    [
      'with a backend that names no driver',
      'InvalidOption',
      [backend, { ...backend, backend: { volume_backend_name: 'x', y: 1 } }],
    ],
    [
      'with a backend without a name',
      'InvalidDump',
      [backend, { ...backend, backend: { volume_driver: 'recording', y: 1 } }],
    ],
  ])('%s', async (_, name, dump) => {
    await expect(cl.load(dump)).rejects.toMatchObject({ name });
    expect([...cl.backends.keys(), ...log]).toEqual([]);
  });

  test('that cannot be stored', async () => {
    const full = new (class extends Error {
      override name = 'Full';
    })();
    cl.persistence.checkWritable = () => {
      throw full;
    };
    await expect(cl.load([backend], { save: true })).rejects.toBe(full);
    expect(log).toEqual([]);
  });
});

describe('load() runs no program that a dump names', () => {
  const lvm = 'cinder.volume.drivers.lvm.LVMVolumeDriver';
  const described = (driver: string, options: object) => ({
    class: 'Backend',
    backend: { volume_driver: driver, ...options, volume_backend_name: 'new' },
    volumes: [],
  });

  beforeEach(() => {
    const Recording = recordingDriver(log, new Map());
    registerVolumeDriver(
      'with-programs',
      class extends Recording {
        static override readonly options = {
          helper: { type: 'string', default: '/bin/helper', help: 'A program.', runs: true },
          place: { type: 'string', default: null, help: 'A place.' },
        } as const;
      },
    );
  });

  test.each<[string, string, object]>([
    ['root_helper', lvm, { root_helper: '/tmp/evil' }],
    ['lvm_conf_file', lvm, { lvm_conf_file: '/tmp/lvm.conf' }],
    ['volume_clear_ionice', lvm, { volume_clear_ionice: '/tmp/evil' }],
    ['root_helper', 'recording', { root_helper: ['sudo'] }],
    ['helper', 'with-programs', { place: 'x', helper: '/tmp/evil' }],
  ])('in the option %s of %s', async (name, driver, options) => {
    const error = await cl.load(described(driver, options)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'InvalidDump', message: expect.stringContaining(`option ${name},`) });
    expect(error).toMatchObject({ message: expect.not.stringContaining('evil') });
    expect([...cl.backends.keys(), ...log]).toEqual([]);
  });

  test('unless this context would run the same program anyway', async () => {
    const dump = described('with-programs', { root_helper: 'sudo', helper: '/bin/helper', place: 'x' });
    await cl.load(dump);
    expect(cl.backends.get('new')?.driver.configuration).toMatchObject({ root_helper: 'sudo', place: 'x' });
  });

  test('and an initialised backend keeps its own programs', async () => {
    const options = { volume_backend_name: 'new', volume_driver: 'with-programs', helper: '/opt/mine' };
    const made = await cl.backend(options);
    expect(await cl.load(described('with-programs', { helper: '/tmp/evil' }))).toBe(made);
    expect(made.driver.configuration['helper']).toBe('/opt/mine');
  });
});

test('load() starts a backend that is described in full, and uses it for the objects after it', async () => {
  const dump = [
    { ...backend, volumes: [volume('new', { id: 'v1', host: 'h@new#pool' })] },
    volume('new', { id: 'v2', host: 'h@new#pool' }),
    snapshot('new', { id: 's', progress: 'new', volume_id: 'v2' }),
  ];
  const loaded = await cl.load(dump);
  const made = cl.backends.get('new');
  expect(loaded[0]).toBe(made);
  expect(loaded.slice(1).map((one) => 'backend' in one && one.backend === made)).toEqual([true, true]);
  expect((await made?.volumes())?.map(({ id }) => id)).toEqual(['v1']);
  expect(log.filter((call) => call === 'D doSetup').length).toBe(1);
});

test.each(['memory', 'memory_db'])(
  'load() stores a connection without an attach mode with the usual one, on %s',
  async (storage) => {
    await cl.setPersistence({ storage });
    const options = { volume_backend_name: 'b', volume_driver: fake };
    const dumped = (id: string, data: object) => ({
      class: 'Connection',
      backend: { volume_backend_name: 'b' },
      ovo: primitive('VolumeAttachment', '1.3', { id, volume_id: made.id, ...data }),
    });
    const made = await (await cl.backend(options)).createVolume(1);
    const conn = { driver_volume_type: 'x', data: { access_mode: 'ro' } };
    await cl.load([dumped('c1', { attach_mode: null }), dumped('c2', { connection_info: { conn } })], { save: true });
    const modes = (await cl.persistence.getConnections()).map(({ id, attach_mode }) => [id, attach_mode]);
    expect(modes.sort()).toEqual([
      ['c1', 'rw'],
      ['c2', 'ro'],
    ]);
  },
);

test('load() keeps the stored metadata of a snapshot unless the dump contains metadata', async () => {
  const made = await (await cl.backend({ volume_backend_name: 'b', volume_driver: fake })).createVolume(1);
  const { id } = await made.createSnapshot({ metadata: { k: 'v' } });
  const data = { id, volume_id: made.id, volume_size: 1, status: 'available', progress: 'b' };
  const stored = async () => (await cl.Snapshot.getById(id)).metadata;
  const [loaded] = await cl.load([snapshot('b', data)], { save: true });
  await (loaded as Snapshot).save();
  expect(await stored()).toEqual({ k: 'v' });
  await cl.load([snapshot('b', { ...data, metadata: {} })], { save: true });
  expect(await stored()).toEqual({});
  (loaded as Snapshot).metadata = { new: 'one' };
  await (loaded as Snapshot).save();
  expect(await stored()).toEqual({ new: 'one' });
});

test('every call of a closed context fails with ContextClosed', async () => {
  const options = { volume_backend_name: 'b', volume_driver: fake };
  await cl.backend(options);
  await cl.close();
  const calls: readonly (() => Promise<unknown>)[] = [
    () => cl.backend(options),
    () => cl.load('[]'),
    () => cl.load(backend),
    () => cl.json(),
    () => cl.jsons(),
    () => cl.dump(),
    () => cl.dumps(),
    () => cl.refresh(),
    () => cl.info(),
    () => cl.exportDatabase(),
    () => cl.setPersistence({ storage: 'memory' }),
    () => cl.Volume.getById('v'),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ name: 'ContextClosed' });
  expect(() => cl.changes()).toThrow(expect.objectContaining({ name: 'ContextClosed' }));
});

test.each([null, '', undefined])(
  'load() stores no volume with the host %j, which no listing could show',
  async (host) => {
    const made = await (await cl.backend({ volume_backend_name: 'b', volume_driver: fake })).createVolume(1);
    const dumped = volume('b', { id: 'v', size: 1, ...(host === undefined ? {} : { host }) });
    expect(await cl.load(dumped)).toMatchObject({ id: 'v' });
    const failure = cl.load([volume('b', { id: 'w', host: made.host }), dumped], { save: true });
    await expect(failure).rejects.toMatchObject({
      name: 'InvalidDump',
      message: expect.stringContaining('Volume v has no host'),
    });
    expect((await cl.persistence.getVolumes()).map(({ id }) => id)).toEqual([made.id]);
  },
);

test('load() stores parents first, whatever order the dump has', async () => {
  const stored: string[] = [];
  class Recording extends PersistenceDriver {
    override get db(): null {
      return null;
    }
    override async setVolume({ id }: Volume): Promise<void> {
      stored.push(id);
    }
    override async setSnapshot({ id }: Snapshot): Promise<void> {
      stored.push(id);
    }
    override async setConnection({ id }: Connection): Promise<void> {
      stored.push(id);
    }
  }
  await cl.setPersistence({ storage: Recording });
  await cl.backend({ volume_backend_name: 'b', volume_driver: fake });
  const connection = {
    class: 'Connection',
    backend: { volume_backend_name: 'b' },
    ovo: primitive('VolumeAttachment', '1.3', { id: 'c', volume_id: 'v' }),
  };
  const dump = [
    connection,
    snapshot('b', { id: 's', volume_id: 'v', progress: 'b' }),
    volume('b', { id: 'v', host: 'h@b#b' }),
  ];
  await cl.load(dump, { save: true });
  expect(stored).toEqual(['v', 's', 'c']);
});

test('a loaded volume that shows snapshots is not deleted, also if they are not stored', async () => {
  const made = await (await cl.backend({ volume_backend_name: 'b', volume_driver: fake })).createVolume(1);
  await made.createSnapshot();
  const dump = await made.dumps();
  await cl.setPersistence({ storage: 'memory' });
  const loaded = (await cl.load(dump)) as Volume;
  const failure = { name: 'InvalidVolume', message: expect.stringContaining('with snapshots'), resource: loaded };
  await expect(loaded.delete()).rejects.toMatchObject(failure);
});
