/** Names: code is in camelCase, data has Cinder's names; methods that use storage or a driver return promises. */
import * as library from 'cinderlib-wasm';
import { expect, test } from 'vitest';

const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

test("methods and functions have camelCase names instead of Python's", () => {
  const names = new Set<string>();
  for (const [exported, value] of Object.entries(library)) {
    if (typeof value !== 'function') continue;
    if (!/^[A-Z]/.test(exported)) names.add(exported);
    for (let one: object | null = value.prototype ?? null; one !== null; one = Object.getPrototypeOf(one)) {
      if (one === Object.prototype || one === Error.prototype) break;
      for (const [name, { value: method }] of Object.entries(Object.getOwnPropertyDescriptors(one))) {
        if (typeof method === 'function') names.add(name);
      }
    }
  }
  expect([...names].filter((name) => !/^[a-z][a-zA-Z]*$/.test(name))).toEqual([]);
  for (const name of ['createVolume', 'getVolumes', 'createSnapshot', 'setPersistence', 'validateConnector']) {
    expect(names).toContain(name);
  }
});

test('methods that use storage or a driver return promises, and those that read loaded state do not', async () => {
  const cl = await library.setup();
  const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
  const volume = await backend.createVolume(1, { name: 'v' });
  const snapshot = await volume.createSnapshot();
  const connection = await volume.connect({ host: 'h' });
  const promised = [
    volume.snapshots(),
    volume.connections(),
    snapshot.volume(),
    connection.volume(),
    backend.volumes(),
  ];
  for (const one of promised) expect(one).toBeInstanceOf(Promise);
  expect([volume.display_name, typeof volume.json(), typeof volume.jsons()]).toEqual(['v', 'object', 'string']);
  await Promise.all(promised);
  await cl.close();
});

test('data that Python has elsewhere: driver, connector, and the fields that hold objects', async () => {
  const cl = await library.setup();
  const backend = await cl.backend({ volume_backend_name: 'b', volume_driver });
  const volume = await backend.createVolume(1);
  const connection = await volume.connect({ host: 'h' });
  expect([connection.connector, connection.connector_info]).toEqual([{ host: 'h' }, { host: 'h' }]);
  expect([backend.driver.initialized, 'initialized' in backend]).toEqual([true, false]);
  for (const name of ['cluster', 'consistencygroup', 'group', 'volume_attachment']) expect(name in volume).toBe(false);
  await cl.close();
});
