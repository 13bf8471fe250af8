/** `load` accepts what the command line dumps, including key-values, which Python's dumps do not have. */
import { join } from 'node:path';
import { KeyValue, type PersistenceConfig, setup } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { NoteBook } from '../../../examples/support/note-book.ts';
import { cli } from '../../support/cli.ts';
import { copyGolden, type GoldenAnswers, goldenJson, inTemporaryFolder } from '../../support/golden.ts';

const open = (persistence_config: PersistenceConfig) => setup({ persistence_config, fail_on_missing_backend: false });

const expected = goldenJson<GoldenAnswers>('rich.expected.json.gz');

const storages: Record<string, (folder: string) => PersistenceConfig> = {
  memory: () => ({ storage: 'memory' }),
  memory_db: () => ({ storage: 'memory_db' }),
  db: (folder) => ({ storage: 'db', connection: `sqlite:///${join(folder, 'target.sqlite')}` }),
  'a plugin': () => ({ storage: new NoteBook() }),
};

test.each(Object.entries(storages))(
  'load() stores everything that `cinderlib dump` wrote, in %s',
  async (_, storageIn) => {
    await inTemporaryFolder(async (folder) => {
      const { out } = await cli(['dump', '--show-secrets', copyGolden('rich.sqlite', join(folder, 'rich.sqlite'))]);
      const cl = await open(storageIn(folder));
      const seen = async () => (await cl.persistence.getKeyValues()).map(({ key, value }) => [key, value]).sort();
      const loaded = await cl.load(out);
      expect(await seen()).toEqual([]);
      await cl.load(out, { save: true });
      expect(await seen()).toEqual([...expected.key_values].sort());
      expect((await cl.persistence.getVolumes()).length).toBe(Object.keys(expected.volumes).length);
      const found = Array.isArray(loaded) ? loaded.filter((item) => item instanceof KeyValue) : [];
      expect(found.map(({ key, value }) => [key, value]).sort()).toEqual([...expected.key_values].sort());
      await cl.close();
    });
  },
);

test('load() accepts a single key-value', async () => {
  const cl = await open({ storage: 'memory' });
  expect(await cl.load({ class: 'KeyValue', key: 'k', value: null }, { save: true })).toEqual(new KeyValue('k', null));
  expect(await cl.persistence.getKeyValues()).toEqual([new KeyValue('k', null)]);
  await cl.close();
});

test('load() stores no key-value if another object of the dump cannot be stored', async () => {
  const cl = await open({ storage: 'memory_db' });
  const backend = await cl.backend({
    volume_backend_name: 'b',
    volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
  });
  const volume = await backend.createVolume(1);
  const dump = volume.json();
  await volume.delete();
  Object.assign(dump.ovo['versioned_object.data'] as object, { display_name: '\ud800' });
  const failure = cl.load([{ class: 'KeyValue', key: 'k', value: 'v' }, dump], { save: true });
  await expect(failure).rejects.toMatchObject({ name: 'ValueError' });
  expect(await cl.persistence.getKeyValues()).toEqual([]);
  await cl.close();
});
