/** Texts and ids of any content: kept to the letter, or refused, and then nothing is changed. */
import { join } from 'node:path';
import { KeyValue, setup } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { inTemporaryFolder } from '../../support/golden.ts';
import { integrity } from '../../support/tables.ts';
import { firstVolume, unharmed } from '../../support/unharmed.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
const db = (path: string) => ({ persistence_config: { storage: 'db', connection: `sqlite:///${path}` } });

test.each(['display_name', 'provider_location', 'host'])(
  'a lone surrogate in %s is refused with the name of the field',
  async (field) => {
    const error = await unharmed(async (cl) => {
      const volume = await firstVolume(cl);
      Reflect.set(volume, field, 'before \ud800 after');
      await volume.save();
    }, 'ValueError');
    expect(error.message).toContain(field);
    expect(error.message).not.toContain('before');
  },
);

test('a volume that is not stored cannot be updated', async () => {
  await unharmed(async (cl) => {
    const volume = await firstVolume(cl);
    volume.ovo.restore('id', 'nobody');
    volume.display_name = 'x';
    await volume.save();
  }, 'VolumeNotFound');
});

test.each(['', 'nobody', "' OR 1=1 --", '\0', 'x'.repeat(1_000_000)])(
  'getById() with an unknown id gives VolumeNotFound: %#',
  async (id) => {
    await unharmed((cl) => cl.Volume.getById(id), 'VolumeNotFound');
  },
);

test('a name of 1 MB and texts with NUL are kept to the letter', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, 'cl.sqlite');
    const texts = ['x'.repeat(1_000_000), 'a\0b', '\0', '漢'.repeat(300_000)];
    const cl = await setup(db(path));
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: driver });
    const volumes = await Promise.all(texts.map((name) => backend.createVolume(1, { name, metadata: { k: name } })));
    await cl.persistence.setKeyValue(new KeyValue('k', texts.join('\0')));
    await cl.close();
    const again = await setup({ ...db(path), fail_on_missing_backend: false });
    for (const [place, volume] of volumes.entries()) {
      const found = await again.Volume.getById(volume.id);
      expect([found.display_name, found.metadata]).toEqual([texts[place], { k: texts[place] }]);
    }
    expect((await again.persistence.getKeyValues('k'))[0]?.value).toBe(texts.join('\0'));
    await again.close();
    expect(integrity(path)).toBe('ok');
  });
});
