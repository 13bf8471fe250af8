/** The documented recipe (refresh, dump, setPersistence, load with save) between any two storages. */
import { join } from 'node:path';
import { type Cinderlib, type PersistenceConfig, setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

type Storage = 'memory' | 'memory_db' | 'file' | 'other file';
const storages: readonly Storage[] = ['memory', 'memory_db', 'file', 'other file'];

function config(storage: Storage, folder: string): PersistenceConfig {
  if (storage === 'memory' || storage === 'memory_db') return { storage };
  return { storage: 'db', connection: `sqlite:///${join(folder, storage.replace(' ', '-'))}.sqlite` };
}

async function fill(cl: Cinderlib): Promise<void> {
  const backend = await cl.backend({ volume_backend_name: 'lvm', volume_driver: driver, pools: ['pool'] });
  const plain = await backend.createVolume(1, { name: 'plain', metadata: { '10': 'ten', '9': 'nine' } });
  await plain.createSnapshot({ name: 'of plain', metadata: { s: 'm' } });
  const second = await backend.createVolume(2, { name: 'second of the default type' });
  await second.connect({ host: 'h', initiator: 'iqn' });
  const typed = await backend.createVolume(3, { name: 'typed', extra_specs: { e: '1' }, qos_specs: { q: '2' } });
  await typed.createSnapshot({ name: 'of typed' });
  await typed.clone({ name: 'clone' });
}

async function move(cl: Cinderlib, to: PersistenceConfig): Promise<void> {
  await cl.refresh();
  const data = await cl.dump();
  await cl.setPersistence(to);
  await cl.load(data, { save: true });
  await cl.refresh();
}

/** What must be the same in both storages: everything but the id of the type `__DEFAULT__` and the order of lists. */
async function content(cl: Cinderlib): Promise<unknown> {
  const { persistence } = cl;
  const volumes = await persistence.getVolumes({ backend_name: 'lvm' });
  const [plain] = volumes.filter(({ name }) => name === 'plain');
  const defaultId = plain?.volume_type_id ?? 'none';
  const texts = [
    ...(await Promise.all(volumes.map((volume) => volume.dumps()))),
    ...(await persistence.getSnapshots()).map((snapshot) => snapshot.toJsons()),
    ...(await persistence.getConnections()).map((connection) => connection.toJsons()),
  ].map((text) => comparable(JSON.parse(text.replaceAll(defaultId, 'DEFAULT')) as unknown));
  return texts.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Drops fields that only memory keeps, and the default type, which memory does not have. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value === 'DEFAULT' ? null : value;
  const left = Object.entries(value).filter(
    ([key, inner]) =>
      !['cluster', 'glance_metadata', 'consistencygroup', 'group', 'cgsnapshot', 'group_snapshot', 'volume'].includes(
        key,
      ) &&
      !['projects', 'deleted', 'created_at', 'updated_at', 'deleted_at', 'description', 'volume_types'].includes(key) &&
      !(key === 'volume_type' && JSON.stringify(inner).includes('__DEFAULT__')) &&
      inner !== null,
  );
  return Object.fromEntries(
    left.map(([key, inner]) => [key, comparable(inner)] as const).filter(([, inner]) => inner !== null),
  );
}

const pairs = storages.flatMap((from) => storages.map((to) => ({ from, to })));

describe.each(pairs.filter(({ from, to }) => from !== to || from.startsWith('memory')))(
  'from $from to $to',
  ({ from, to }) => {
    test('the recipe carries everything over', async () => {
      await inTemporaryFolder(async (folder) => {
        const cl = await setup({ persistence_config: config(from, folder) });
        await fill(cl);
        const before = await content(cl);
        await move(cl, config(to, folder));
        expect(await content(cl)).toEqual(before);
        await cl.close();
      });
    });
  },
);

test('running a migration again completes and changes nothing', async () => {
  await inTemporaryFolder(async (folder) => {
    const cl = await setup({ persistence_config: { storage: 'memory' } });
    await fill(cl);
    const data = await cl.dump();
    await cl.setPersistence(config('file', folder));
    await cl.load(data, { save: true });
    await cl.refresh();
    const first = await cl.dumps();
    await cl.load(data, { save: true });
    const again = await cl.backends.get('lvm')?.volumesFiltered();
    expect(again?.length).toBe(4);
    await cl.setPersistence({ storage: 'memory' });
    await cl.setPersistence(config('file', folder));
    expect(await cl.dumps()).toBe(first);
    await cl.close();
  });
});

test('a load that fails midway leaves the target as it was', async () => {
  const cl = await setup({ persistence_config: { storage: 'memory_db' } });
  await fill(cl);
  const data = await cl.dump();
  await cl.setPersistence({ storage: 'memory_db' });
  const last = data[0]?.volumes.at(-1)?.ovo['versioned_object.data'] as Record<string, unknown>;
  last['display_name'] = 'a lone surrogate \ud800';
  await expect(cl.load(data, { save: true })).rejects.toMatchObject({ name: 'ValueError' });
  expect(await cl.persistence.getVolumes()).toEqual([]);
  expect(await cl.persistence.getSnapshots()).toEqual([]);
  await cl.close();
});

test('a new storage that cannot be opened leaves the old one in use', async () => {
  await inTemporaryFolder(async (folder) => {
    const cl = await setup({ persistence_config: { storage: 'memory_db' } });
    await fill(cl);
    await expect(
      cl.setPersistence({ storage: 'db', connection: `sqlite:///${folder}/missing/x.sqlite` }),
    ).rejects.toMatchObject({ name: 'DatabaseUnavailable' });
    expect((await cl.persistence.getVolumes()).length).toBe(4);
    await cl.close();
  });
});

test('a golden database migrated to memory and to a new file gives the same dumps', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('rich.sqlite', join(folder, 'rich.sqlite'));
    const cl = await setup({ persistence_config: { storage: 'db', connection: `sqlite:///${path}` } });
    for (const name of ['ceph.rbd', 'lvm_iscsi', 'nfs-01'])
      await cl.backend({ volume_backend_name: name, volume_driver: driver });
    const before = await cl.dumps();
    await move(cl, { storage: 'memory' });
    await move(cl, { storage: 'db', connection: `sqlite:///${join(folder, 'new.sqlite')}` });
    const defaultId = /"([^"]{36})","name":"__DEFAULT__"/;
    const idBefore = defaultId.exec(before)?.[1] ?? '';
    const after = await cl.dumps();
    const idAfter = defaultId.exec(after)?.[1] ?? '';
    const typeTimes = /("name":"__DEFAULT__".*?"created_at":)"[^"]*"(,"updated_at":)"[^"]*"/g;
    const masked = (text: string, id: string) => text.replaceAll(id, 'DEFAULT').replace(typeTimes, '$1T$2T');
    expect(masked(after, idAfter)).toBe(masked(before, idBefore));
    await cl.close();
  });
});
