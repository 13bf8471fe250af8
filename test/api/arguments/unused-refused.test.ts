/** Arguments that a call would not use are refused: nobody notices an option that is ignored. */
import {
  type Backend,
  type Cinderlib,
  type Connection,
  type FakeLoggingVolumeDriver,
  KeyValue,
  listSupportedDrivers,
  PersistenceDriver,
  registerPersistence,
  registerVolumeDriver,
  type Snapshot,
  setup,
  type Volume,
  VolumeDriver,
} from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NoteBook } from '../../../examples/support/note-book.ts';
import { failureOf } from '../../support/failure-of.ts';

let cl: Cinderlib;
let backend: Backend;
let volume: Volume;
let snapshot: Snapshot;
let connection: Connection;
beforeEach(async () => {
  cl = await setup();
  const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
  volume = await backend.createVolume(1);
  snapshot = await volume.createSnapshot();
  connection = await volume.connect({ host: 'h' });
});
afterEach(() => cl.close());

async function contents(): Promise<string> {
  const { persistence } = cl;
  const all = [await persistence.getVolumes(), await persistence.getSnapshots(), await persistence.getConnections()];
  return all.flatMap((objects) => objects.map((one) => one.toJsons())).join();
}

describe('a field that follows from something else', () => {
  type Call = (given: object) => Promise<unknown>;
  const createSnapshot: Call = (given) => volume.createSnapshot(given);
  const connect: Call = (given) => volume.connect({ host: 'h' }, given);
  test.each<[string, string, Call, () => unknown]>([
    ['createVolume', 'size', (given) => backend.createVolume(1, given), () => 1],
    ['clone', 'source_volid', (given) => volume.clone(given), () => volume.id],
    ['createVolume', 'snapshot_id', (given) => snapshot.createVolume(given), () => snapshot.id],
    ['createSnapshot', 'volume_id', createSnapshot, () => volume.id],
    ['createSnapshot', 'volume_size', createSnapshot, () => 1],
    ['createSnapshot', 'volume_type_id', createSnapshot, () => volume.volume_type_id],
    ['createSnapshot', 'progress', createSnapshot, () => 'b'],
    ['createSnapshot', 'volume', createSnapshot, () => undefined],
    ['connect', 'volume_id', connect, () => volume.id],
    ['connect', 'connector', connect, () => undefined],
    ['connect', 'connection_info', connect, () => undefined],
    ['connect', 'volume', connect, () => undefined],
  ])('cannot be another: %s({ %s })', async (method, field, call, own) => {
    const before = await contents();
    for (const value of ['other', 5, {}]) {
      const { name, message } = await failureOf(call({ [field]: value }));
      expect([name, message]).toEqual(['InvalidOption', expect.stringContaining(`${method}() takes`)]);
      expect(message).toContain(`; it sets ${field} itself.`);
    }
    expect(await contents()).toBe(before);
    await call({ [field]: own() });
  });
});

describe('a method without parameters refuses arguments', () => {
  test.each<[string, () => object, string[]]>([
    ['a volume', () => volume, ['snapshots', 'connections', 'attach', 'cleanup', 'dump', 'dumps', 'save', 'delete']],
    ['a snapshot', () => snapshot, ['volume', 'dump', 'dumps', 'save', 'delete']],
    ['a connection', () => connection, ['volume', 'attach', 'dump', 'dumps', 'save']],
    ['a backend', () => backend, ['volumes', 'json', 'jsons', 'dump', 'dumps']],
  ])('of %s', async (_what, object, methods) => {
    const before = await contents();
    for (const method of methods) {
      const call = (...given: unknown[]): Promise<unknown> =>
        Reflect.apply(Reflect.get(object(), method), object(), given);
      const { name, message } = await failureOf(call({ volume_name: 'secret' }));
      expect([name, message]).toEqual(['InvalidOption', `${method}() takes no arguments; it was given an object.`]);
      expect(await contents()).toBe(before);
    }
    expect(methods.map((method) => Reflect.get(object(), method).name)).toEqual(methods);
    for (const method of methods.filter((one) => one !== 'delete')) {
      await Reflect.apply(Reflect.get(object(), method), object(), [undefined]);
    }
  });

  test.each(['json', 'jsons', 'toDict'])('of a volume, at once: %s()', (method) => {
    const call = (): unknown => Reflect.apply(Reflect.get(volume, method), volume, [{ simplified: true }]);
    expect(call).toThrow(expect.objectContaining({ name: 'InvalidOption' }));
  });
});

test.each(['json', 'jsons', 'dump', 'dumps', 'exportDatabase'])(
  'a context refuses arguments of %s()',
  async (method) => {
    const { name } = await failureOf(Reflect.apply(Reflect.get(cl, method), cl, [{ backend: 'b' }]));
    expect(name).toBe('InvalidOption');
  },
);

test('a context refuses arguments of changes(), at once', () => {
  const call = (): unknown => Reflect.apply(cl.changes, cl, [{ kind: 'volume' }]);
  expect(call).toThrow(expect.objectContaining({ name: 'InvalidOption' }));
});

test('info(), refresh() and close() can be event handlers', async () => {
  const click = [new Event('click')];
  for (const one of [backend, volume, snapshot, connection]) {
    await expect(Reflect.apply(one.refresh, one, click)).resolves.toBeUndefined();
  }
  expect(await Reflect.apply(cl.info, cl, click)).toEqual(await cl.info());
  for (const method of [cl.refresh, cl.close]) {
    await expect(Reflect.apply(method, cl, click)).resolves.toBeUndefined();
  }
});

test('a context refuses assignments', () => {
  expect(() => Object.assign(cl, { persistence: { storage: 'memory_db' } })).toThrow(
    expect.objectContaining({ name: 'ValueError', message: 'The persistence of a context is read-only.' }),
  );
});

test('disconnect() refuses a connection of another context, even of a volume with the same id', async () => {
  const other = await setup();
  try {
    const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
    const there = await other.backend({ volume_backend_name: 'b', volume_driver });
    const twin = await there.createVolume(1, { id: volume.id });
    const { name, message } = await failureOf(volume.disconnect(await twin.connect({ host: 'h' })));
    expect([name, message]).toEqual(['ValueError', expect.stringContaining('in this context')]);
    expect((await other.persistence.getConnections()).length).toBe(1);
  } finally {
    await other.close();
  }
});

test('setKeyValue() refuses an object without a value, which would be stored as null', async () => {
  await cl.persistence.setKeyValue(new KeyValue('k', 'v'));
  const given = { key: 'k', valeu: 'w' };
  const { name, message } = await failureOf(cl.persistence.setKeyValue(given as never));
  expect([name, message]).toEqual(['InvalidOption', 'setKeyValue() takes a KeyValue, not an object without a value.']);
  expect((await cl.persistence.getKeyValues('k'))[0]?.value).toBe('v');
});

test('the fake driver refuses to be told about a method that no driver has', () => {
  const fake = backend.driver as FakeLoggingVolumeDriver;
  const expected = expect.objectContaining({
    name: 'InvalidOption',
    message: "A volume driver has no method 'createVolum'.",
  });
  expect(() => fake.answer('createVolum' as never, {})).toThrow(expected);
  expect(() => fake.fail('createVolum' as never, new Error('x'))).toThrow(expected);
});

test.each<[string, () => unknown]>([
  ['registerPersistence() with an instance', () => registerPersistence('mine', new NoteBook() as never)],
  ['registerPersistence() with the base class', () => registerPersistence('mine', PersistenceDriver as never)],
  ['registerVolumeDriver() with the base class', () => registerVolumeDriver('mine', VolumeDriver)],
])('%s does not speak of another copy of the library', (_what, register) => {
  expect(register).toThrow(expect.objectContaining({ message: expect.not.stringContaining('another copy') }));
});

test('listSupportedDrivers() lists a driver of any name', async () => {
  registerVolumeDriver('__proto__', class extends VolumeDriver {});
  expect(Object.keys(await listSupportedDrivers())).toContain('__proto__');
});
