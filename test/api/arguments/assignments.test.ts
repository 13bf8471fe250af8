/** Assigning to an object that a user holds sets a field or is an error: no assignment is lost in silence. */
import { type Backend, type Cinderlib, KeyValue, setup, Volume } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let cl: Cinderlib;
let backend: Backend;
beforeEach(async () => {
  cl = await setup({ persistence_config: { storage: 'memory_db' }, worker: false });
  const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
});
afterEach(() => cl.close());

/** One object of each kind: newly created, read, loaded, and found in another object. */
async function everyObject(): Promise<Readonly<Record<string, object>>> {
  const volume = await backend.createVolume(1, { extra_specs: { a: '1' }, qos_specs: { b: '2' } });
  const snapshot = await volume.createSnapshot();
  const connection = await volume.connect({ host: 'h' });
  await cl.persistence.setKeyValue(new KeyValue('k', 'v'));
  const stored = await cl.Volume.getById(volume.id);
  const loaded = (await cl.load(await stored.dumps())) as Volume;
  return {
    'a new volume': volume,
    'a copy': await volume.clone(),
    'a new snapshot': snapshot,
    'a new connection': connection,
    'a stored volume': stored,
    'a stored snapshot': await cl.Snapshot.getById(snapshot.id),
    'a stored connection': await cl.Connection.getById(connection.id),
    'the volume of a snapshot': await (await cl.Snapshot.getById(snapshot.id)).volume(),
    'a loaded volume': loaded,
    'a loaded snapshot': (await loaded.snapshots())[0] ?? expect.unreachable(),
    'a loaded connection': (await loaded.connections())[0] ?? expect.unreachable(),
    'a volume type': stored.volume_type ?? expect.unreachable(),
    'QoS specs': stored.volume_type?.qos_specs ?? expect.unreachable(),
    'a key-value': new KeyValue('k', 'v'),
    'a stored key-value': (await cl.persistence.getKeyValues('k'))[0] ?? expect.unreachable(),
  };
}

test('assigning a misspelt field is an error on any object', async () => {
  for (const [what, object] of Object.entries(await everyObject())) {
    const assign = (): unknown => Object.assign(object, { dispaly_name: 'x' });
    expect(assign, what).toThrow(/dispaly_name/);
    expect(Object.hasOwn(object, 'dispaly_name'), what).toBe(false);
  }
});

test('objects of a subclass may have properties of their own', async () => {
  class Marked extends Volume {
    mark = 'own';
    readonly #hidden = 1;
    get hidden(): number {
      return this.#hidden;
    }
  }
  const { context, ovo } = await backend.createVolume(1, { name: 'n' });
  const marked = new Marked(context, backend, ovo);
  marked.mark = 'changed';
  Object.assign(marked, { more: 1, display_name: 'renamed' });
  await marked.save();
  expect([marked.mark, marked.hidden, Reflect.get(marked, 'more')]).toEqual(['changed', 1, 1]);
  expect((await cl.Volume.getById(marked.id)).name).toBe('renamed');
  class Pair extends KeyValue {
    readonly pair = true;
  }
  expect(new Pair('k', 'v').pair).toBe(true);
});

describe('assigning a read-only property', () => {
  const ofConnections = ['id', 'conn_info', 'connector_info', 'protocol', 'device', 'path', 'attached', 'connected'];
  test.each([
    ...['id', 'ovo', 'volume_type'].map((name) => ['a new volume', name] as const),
    ['a new snapshot', 'id'] as const,
    ...ofConnections.map((name) => ['a new connection', name] as const),
    ...['id', 'ovo', 'qos_specs'].map((name) => ['a volume type', name] as const),
    ...['id', 'ovo'].map((name) => ['QoS specs', name] as const),
  ])('of %s is a ValueError: %s', async (what, name) => {
    const object = (await everyObject())[what] ?? expect.unreachable();
    const before: unknown = Reflect.get(object, name);
    expect(() => Object.assign(object, { [name]: 'secret' })).toThrow(
      expect.objectContaining({
        name: 'ValueError',
        code: 'VALUE_ERROR',
        message: expect.stringMatching(`^(?!.*secret).*\\b${name}\\b`),
      }),
    );
    expect(Reflect.get(object, name)).toEqual(before);
  });

  test('of a backend is a ValueError', () => {
    for (const name of ['poolNames', 'config']) {
      expect(() => Object.assign(backend, { [name]: [] })).toThrow(expect.objectContaining({ name: 'ValueError' }));
    }
  });
});
