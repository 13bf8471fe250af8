/** Every call of the public API with values of every wrong type: it succeeds or fails with a CinderlibError. */
import {
  type Backend,
  type Cinderlib,
  type Connection,
  isCinderlibError,
  KeyValue,
  registerConnector,
  registerPersistence,
  registerVolumeDriver,
  type Snapshot,
  setup,
  type Volume,
} from 'cinderlib-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wrongValues } from '../support/wrong-values.ts';

const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

interface World {
  readonly cl: Cinderlib;
  readonly backend: Backend;
  readonly volume: Volume;
  readonly snapshot: Snapshot;
  readonly connection: Connection;
}

/** A call with one wrong argument, typed as `never` so that it can be passed anywhere. */
type Call = (world: World, wrong: never) => unknown;

const volumeFields = ['name', 'description', 'pool_name', 'extra_specs', 'qos_specs', 'id', 'metadata', 'host', 'size'];
const childFields = ['name', 'id', 'metadata', 'connection_info', 'attach_time', 'created_at'];

/** By the name of each call: the keys that its argument may have, and the call. */
const calls: Readonly<Record<string, readonly [names: readonly string[], call: Call]>> = {
  'setup()': [
    ['persistence_config', 'host', 'worker', 'project_id', 'anything'],
    async (_, x) => (await setup(x)).close(),
  ],
  'setup({ persistence_config })': [
    ['storage', 'connection', 'from'],
    async (_, x) => (await setup({ persistence_config: x, worker: false })).close(),
  ],
  'setup({ worker })': [[], async (_, x) => (await setup({ worker: x })).close()],
  'cl.backend()': [['volume_backend_name', 'volume_driver', 'pools'], ({ cl }, x) => cl.backend(x)],
  'cl.backend({ option })': [[], ({ cl }, x) => cl.backend({ volume_backend_name: 'b', volume_driver, option: x })],
  'cl.load()': [['class', 'backend', 'ovo', 'volumes'], ({ cl }, x) => cl.load(x)],
  'cl.load([])': [['class', 'backend', 'ovo'], ({ cl }, x) => cl.load([x], { save: true })],
  'cl.load({ ovo })': [
    ['versioned_object.name', 'versioned_object.namespace', 'versioned_object.version', 'versioned_object.data'],
    ({ cl }, x) => cl.load({ class: 'Volume', backend: { volume_backend_name: 'b' }, ovo: x }, { save: true }),
  ],
  'cl.load([], x)': [['save'], ({ cl }, x) => cl.load([], x)],
  'cl.setPersistence()': [['storage', 'connection'], ({ cl }, x) => cl.setPersistence(x)],
  'cl.Volume.getById()': [['length'], ({ cl }, x) => cl.Volume.getById(x)],
  'cl.Volume.getByName()': [['length'], ({ cl }, x) => cl.Volume.getByName(x)],
  'cl.Volume.iterate()': [
    ['volume_id', 'volume_name', 'backend_name'],
    async ({ cl }, x) => {
      for await (const one of cl.Volume.iterate(x)) one.json();
    },
  ],
  'cl.Snapshot.getById()': [['length'], ({ cl }, x) => cl.Snapshot.getById(x)],
  'cl.Snapshot.getByName()': [['length'], ({ cl }, x) => cl.Snapshot.getByName(x)],
  'cl.Connection.getById()': [['length'], ({ cl }, x) => cl.Connection.getById(x)],
  'backend.volumesFiltered()': [['volume_id', 'volume_name'], ({ backend }, x) => backend.volumesFiltered(x)],
  'backend.createVolume(x)': [[], ({ backend }, x) => backend.createVolume(x)],
  'backend.createVolume(1, x)': [volumeFields, ({ backend }, x) => backend.createVolume(1, x)],
  'backend.stats()': [['refresh'], ({ backend }, x) => backend.stats(x)],
  'backend.validateConnector()': [['host'], ({ backend }, x) => backend.validateConnector(x)],
  'volume.createSnapshot()': [childFields, ({ volume }, x) => volume.createSnapshot(x)],
  'volume.clone()': [volumeFields, ({ volume }, x) => volume.clone(x)],
  'volume.extend()': [[], ({ volume }, x) => volume.extend(x)],
  'volume.connect(x)': [['host', 'initiator', 'multipath'], ({ volume }, x) => volume.connect(x)],
  'volume.connect({}, x)': [['use_multipath', ...childFields], ({ volume }, x) => volume.connect({ host: 'h' }, x)],
  'volume.disconnect(x)': [['id', 'volume_id', 'terminate'], ({ volume }, x) => volume.disconnect(x)],
  'volume.disconnect(connection, x)': [['force'], ({ volume, connection }, x) => volume.disconnect(connection, x)],
  'volume.detach()': [['force', 'ignore_errors'], ({ volume }, x) => volume.detach(x)],
  'volume.toJson()': [['simplified'], ({ volume }, x) => volume.toJson(x)],
  'volume.toJsons()': [['simplified'], ({ volume }, x) => volume.toJsons(x)],
  'snapshot.createVolume()': [volumeFields, ({ snapshot }, x) => snapshot.createVolume(x)],
  'snapshot.setVolume()': [['ovo', 'id'], ({ snapshot }, x) => snapshot.setVolume(x)],
  'connection.setVolume()': [['ovo', 'id'], ({ connection }, x) => connection.setVolume(x)],
  'connection.detach()': [['force', 'ignore_errors'], ({ connection }, x) => connection.detach(x)],
  'connection.disconnect()': [['force'], ({ connection }, x) => connection.disconnect(x)],
  'persistence.getVolumes()': [
    ['volume_id', 'volume_name', 'backend_name'],
    ({ cl }, x) => cl.persistence.getVolumes(x),
  ],
  'persistence.iterateVolumes()': [
    ['volume_id', 'volume_name', 'backend_name'],
    async ({ cl }, x) => {
      for await (const one of cl.persistence.iterateVolumes(x)) one.json();
    },
  ],
  'persistence.getSnapshots()': [
    ['snapshot_id', 'snapshot_name', 'volume_id'],
    ({ cl }, x) => cl.persistence.getSnapshots(x),
  ],
  'persistence.getConnections()': [['connection_id', 'volume_id'], ({ cl }, x) => cl.persistence.getConnections(x)],
  'persistence.getKeyValues()': [['key'], ({ cl }, x) => cl.persistence.getKeyValues(x)],
  'persistence.setVolume()': [['ovo', 'id'], ({ cl }, x) => cl.persistence.setVolume(x)],
  'persistence.setSnapshot()': [['ovo', 'id'], ({ cl }, x) => cl.persistence.setSnapshot(x)],
  'persistence.setConnection()': [['ovo', 'id'], ({ cl }, x) => cl.persistence.setConnection(x)],
  'persistence.setKeyValue()': [['key', 'value'], ({ cl }, x) => cl.persistence.setKeyValue(x)],
  'persistence.setKeyValue(new KeyValue(x))': [[], ({ cl }, x) => cl.persistence.setKeyValue(new KeyValue(x, 'v'))],
  "persistence.setKeyValue(new KeyValue('k', x))": [
    [],
    ({ cl }, x) => cl.persistence.setKeyValue(new KeyValue('k', x)),
  ],
  'persistence.setAll(x)': [['length'], ({ cl }, x) => cl.persistence.setAll(x)],
  'persistence.setAll([x])': [['ovo'], ({ cl, volume }, x) => cl.persistence.setAll([volume, x])],
  'persistence.setOne()': [['ovo', 'id'], ({ cl }, x) => cl.persistence.setOne(x)],
  'persistence.setChild()': [['ovo', 'id'], ({ cl }, x) => cl.persistence.setChild(x)],
  'persistence.setTogether(x, [])': [['length'], ({ cl }, x) => cl.persistence.setTogether(x, [])],
  'persistence.setTogether([], x)': [['length'], ({ cl }, x) => cl.persistence.setTogether([], x)],
  'persistence.setTogether([], [x])': [['key', 'value'], ({ cl }, x) => cl.persistence.setTogether([], [x])],
  'persistence.deleteVolume()': [['ovo', 'id'], ({ cl }, x) => cl.persistence.deleteVolume(x)],
  'persistence.deleteSnapshot()': [['ovo', 'id'], ({ cl }, x) => cl.persistence.deleteSnapshot(x)],
  'persistence.deleteConnection()': [['ovo', 'id'], ({ cl }, x) => cl.persistence.deleteConnection(x)],
  'persistence.deleteKeyValue()': [['key', 'value'], ({ cl }, x) => cl.persistence.deleteKeyValue(x)],
};

const written: Readonly<Record<'volume' | 'snapshot' | 'connection', readonly string[]>> = {
  volume: ['size', 'name', 'status', 'host', 'metadata', 'bootable', 'created_at', 'volume_type_id'],
  snapshot: ['name', 'status', 'metadata', 'volume_size', 'progress'],
  connection: ['attach_mode', 'connection_info', 'connector', 'attach_time', 'attach_status'],
};

async function inTime<T>(what: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), 20_000);
  });
  return Promise.race([what, late]).finally(() => clearTimeout(timer));
}

/** The error of a call; null for success. */
async function failureOf(run: () => unknown): Promise<unknown> {
  try {
    await inTime((async () => run())());
    return null;
  } catch (error) {
    return error ?? 'a rejection without a reason';
  }
}

describe.each(['memory', 'memory_db'])('in the storage %s', (storage) => {
  let world: World;

  async function fresh(): Promise<World> {
    const cl = await setup({ persistence_config: { storage }, worker: false });
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
    const volume = await backend.createVolume(1, { name: 'v', extra_specs: { a: '1' }, metadata: { m: '1' } });
    const snapshot = await volume.createSnapshot({ name: 's' });
    const connection = await volume.connect({ host: 'h' });
    await cl.persistence.setKeyValue(new KeyValue('k', 'v'));
    return { cl, backend, volume, snapshot, connection };
  }
  beforeAll(async () => {
    world = await fresh();
  });
  afterAll(() => world.cl.close());

  /** The content of the storage. */
  async function stored({ persistence }: Cinderlib): Promise<string> {
    const [volumes, snapshots, connections, keyValues] = await Promise.all([
      persistence.getVolumes(),
      persistence.getSnapshots(),
      persistence.getConnections(),
      persistence.getKeyValues(),
    ]);
    const objects = [...volumes, ...snapshots, ...connections].map((one) => one.toJsons({ simplified: true }));
    return [...objects, ...keyValues.map(({ key, value }) => `${key}=${value}`)].sort().join('\n');
  }

  async function renewed(): Promise<World> {
    await world.cl.close();
    return fresh();
  }

  // Calls of the context alone do not depend on its storage.
  const here = Object.entries(calls).filter(
    ([name]) => storage === 'memory' || !/^setup|^cl\.(?:backend|setP)/.test(name),
  );
  test.each(here)('%s succeeds or fails with a CinderlibError for every wrong value', async (_name, [names, call]) => {
    const problems: string[] = [];
    for (const [what, wrong] of wrongValues(names)) {
      const before = await stored(world.cl);
      const failure = await failureOf(() => call(world, wrong as never));
      const after = await stored(world.cl);
      if (failure !== null && !isCinderlibError(failure)) problems.push(`${what}: ${told(failure)}`);
      if (failure !== null && after !== before) problems.push(`${what}: the storage was changed`);
      // The next value must not depend on what this one did.
      if (after !== before) world = await renewed();
    }
    expect(problems).toEqual([]);
  });

  const fields = storage === 'memory' ? Object.entries(written) : [];
  test.each(fields)('a %s keeps its state when a field refuses a value', async (kind, fields) => {
    const problems: string[] = [];
    for (const field of fields) {
      for (const [what, wrong] of wrongValues(['a'])) {
        const { volume, snapshot, connection } = world;
        const object = { volume, snapshot, connection }[kind as keyof typeof written];
        const before = object.jsons();
        const failure = await failureOf(() => Reflect.set(object, field, wrong));
        if (failure === null) world = await renewed();
        else if (!isCinderlibError(failure)) problems.push(`${field}, ${what}: ${told(failure)}`);
        else if (object.jsons() !== before) problems.push(`${field}, ${what}: the object was changed`);
      }
    }
    expect(problems).toEqual([]);
  });
});

test.each([
  ['registerVolumeDriver', registerVolumeDriver],
  ['registerConnector', registerConnector],
  ['registerPersistence', registerPersistence],
])('%s succeeds or fails with a CinderlibError for every wrong type', async (_name, register) => {
  const problems: string[] = [];
  for (const [what, wrong] of wrongValues(['prototype'])) {
    for (const given of [
      [wrong, wrong],
      ['some.name', wrong],
    ] as const) {
      const failure = await failureOf(() => Reflect.apply(register, undefined, given));
      if (failure !== null && !isCinderlibError(failure)) problems.push(`${what}: ${told(failure)}`);
    }
  }
  expect(problems).toEqual([]);
});

/** The error with the first lines of its stack. */
function told(failure: unknown): string {
  return failure instanceof Error
    ? (failure.stack ?? failure.message).split('\n').slice(0, 3).join(' ')
    : String(failure);
}
