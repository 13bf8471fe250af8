/** Contexts: they share nothing, close at the end of a block, and describe themselves. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Cinderlib, KeyValue, PersistenceDriver, registerPersistence, setup } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { inTemporaryFolder } from '../../support/golden.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
const fake = { volume_backend_name: 'b', volume_driver: driver };

test('two contexts share nothing, even in memory', async () => {
  const [one, other] = [await setup(), await setup()];
  const backend = await one.backend(fake);
  await backend.createVolume(1);
  await one.persistence.setKeyValue(new KeyValue('k', 'v'));
  expect([other.backends.size, (await other.persistence.getVolumes()).length]).toEqual([0, 0]);
  expect(await other.persistence.getKeyValues()).toEqual([]);
  await one.close();
  expect(await other.persistence.getVolumes()).toEqual([]);
  await other.close();
});

test('setup() has the defaults of cinderlib', async () => {
  const cl = await setup();
  const volume = await (await cl.backend(fake)).createVolume(1);
  expect([volume.project_id, volume.user_id, volume.host, volume.display_name, volume.display_description]).toEqual([
    'cinderlib',
    'cinderlib',
    `${hostname()}@b#b`,
    '',
    '',
  ]);
  await cl.close();
});

test('new volumes get the project, user and host of the context', async () => {
  const cl = await setup({ project_id: 'p', user_id: 'u', host: 'h' });
  const volume = await (await cl.backend(fake)).createVolume(1);
  expect([volume.project_id, volume.user_id, volume.host]).toEqual(['p', 'u', 'h@b#b']);
  await cl.close();
});

test('a context closes at the end of its block, and only once', async () => {
  let closed = 0;
  class Closing extends PersistenceDriver {
    override get db() {
      return null;
    }
    override async close() {
      closed += 1;
      await super.close();
    }
  }
  const cl = await setup({ persistence_config: { storage: Closing } });
  await cl[Symbol.asyncDispose]();
  await cl.close();
  expect(closed).toBe(1);
});

test('info() reports where the metadata is and how durable it is', async () => {
  await inTemporaryFolder(async (folder) => {
    const connection = `sqlite:///${join(folder, 'cl.sqlite')}`;
    const cl = await setup({ persistence_config: { storage: 'db', connection } });
    expect(await cl.info()).toEqual({
      runtime: `node ${process.versions.node}`,
      storage: 'db',
      medium: 'filesystem',
      durability: 'full',
      persisted: true,
      leader: true,
      size: 434176,
      revision: 'c92a3e68beed',
      // Which of them depends on the runtime and on the machine: see test/native.
      native_locks: expect.stringMatching(/^(held|seen|none)$/),
      read_only: false,
      versions: { sqlite: '3.54.1' },
    });
    await cl.close();
    const fast = await setup({ persistence_config: { storage: 'db', connection, sqlite_synchronous: false } });
    expect((await fast.info()).durability).toBe('off');
    await fast.close();
  });
  const memory = await setup({ persistence_config: { storage: 'memory_db' } });
  expect(await memory.info()).toMatchObject({
    storage: 'memory_db',
    medium: 'memory',
    durability: 'none',
    persisted: false,
    native_locks: 'none',
  });
  await memory.close();
  const plain = await setup();
  expect(await plain.info()).toMatchObject({ storage: 'memory', native_locks: null, read_only: false });
  await plain.close();
});

class Plugin extends PersistenceDriver {
  override get db() {
    return null;
  }
}

test('a plugin can be given as a class, an instance, a registered name or a module', async () => {
  const instance = new Plugin({ any: 'option' });
  registerPersistence('a-plugin', Plugin);
  const folder = mkdtempSync(join(tmpdir(), 'cinderlib-'));
  const module = join(folder, 'plugin.mjs');
  const index = new URL('../../../dist/index.js', import.meta.url).href;
  writeFileSync(
    module,
    `import { PersistenceDriver } from ${JSON.stringify(index)};` +
      'export default class ModulePlugin extends PersistenceDriver { get db() { return null; } }',
  );
  for (const storage of [Plugin, 'a-plugin', pathToFileURL(module).href]) {
    const cl = await setup({ persistence_config: { storage, any: 'option' } });
    expect(cl).toBeInstanceOf(Cinderlib);
    expect(cl.persistence.options).toEqual({ any: 'option' });
    await cl.close();
  }
  const cl = await setup({ persistence_config: { storage: instance, ignored: true } });
  expect(cl.persistence).toBe(instance);
  await cl.close();
  rmSync(folder, { recursive: true });
});

test('the error of an incomplete plugin names the missing method', async () => {
  const cl = await setup({ persistence_config: { storage: Plugin } });
  await expect(cl.persistence.getVolumes()).rejects.toMatchObject({
    name: 'NotImplemented',
    message: 'Plugin does not implement getVolumes, which every storage must.',
  });
  await cl.close();
});

test('registerPersistence() refuses names of built-in storages, and classes that are no plugin', () => {
  expect(() => registerPersistence('db', Plugin)).toThrow(/built in/);
  expect(() => registerPersistence('x', Date as never)).toThrow(/subclass of PersistenceDriver/);
});

test('output_all_backend_info puts the configuration into dumps, with the name last', async () => {
  const cl = await setup({ output_all_backend_info: true });
  const backend = await cl.backend({ volume_backend_name: 'b', secret: 's', volume_driver: driver, pools: ['p'] });
  expect(await backend.jsons()).toBe(
    '{"class": "Backend", "backend": {"secret": "s", "volume_driver": ' +
      `"${driver}", "pools": ["p"], "volume_backend_name": "b"}, "volumes": []}`,
  );
  await cl.close();
});

test('with fail_on_missing_backend false, volumes of other backends can be listed but not changed', async () => {
  const from = await setup({ persistence_config: { storage: 'memory_db' } });
  const stored = await (await from.backend(fake)).createVolume(1);
  const bytes = await from.exportDatabase();
  await from.close();
  const strict = await setup({ persistence_config: { storage: 'memory_db', from: bytes } });
  await expect(strict.Volume.getById(stored.id)).rejects.toMatchObject({
    name: 'BackendNotPresent',
    backend_name: 'b',
  });
  await strict.close();
  const cl = await setup({ persistence_config: { storage: 'memory_db', from: bytes }, fail_on_missing_backend: false });
  const volume = await cl.Volume.getById(stored.id);
  expect([volume.backend, volume.json().backend]).toEqual(['b', { volume_backend_name: 'b' }]);
  const message = expect.stringContaining('cl.persistence.deleteVolume(volume)');
  await expect(volume.delete()).rejects.toMatchObject({ name: 'BackendNotPresent', message });
  await cl.persistence.deleteVolume(volume);
  expect(await cl.persistence.getVolumes()).toEqual([]);
  await cl.close();
});
