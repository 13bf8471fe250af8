/** Dumps that `load()` refuses: the error says why, and nothing is stored. */
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { errorOf } from '../../support/error-of.ts';
import { copyGolden, inTemporaryFolder } from '../../support/golden.ts';
import { firstVolume, unharmed } from '../../support/unharmed.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
const db = (path: string) => ({ persistence_config: { storage: 'db', connection: `sqlite:///${path}` } });

const hostile: readonly (readonly [string, string, string])[] = [
  ['invalid JSON', '{"class": "Volume"', 'JSONDecodeError'],
  ['a list of numbers', '[1, 2]', 'InvalidDump'],
  ['an unknown class', '{"class": "constructor", "backend": {}, "ovo": {}}', 'InvalidDump'],
  ['__proto__ as a class', '{"class": "__proto__", "backend": {}}', 'InvalidDump'],
  ['keys inherited through __proto__', '{"__proto__": {"class": "Volume", "backend": {}, "ovo": {}}}', 'InvalidDump'],
  ['an object without a backend', '{"class": "Volume", "ovo": {}}', 'InvalidDump'],
  ['lists nested too deeply', '['.repeat(100_000), 'InvalidDump'],
  ['dictionaries nested too deeply', '{"class":'.repeat(100_000), 'InvalidDump'],
  [
    'an object of an unknown backend',
    '{"class": "Volume", "backend": {"volume_backend_name": "x"}, "ovo": {}}',
    'BackendNotPresent',
  ],
];
test.each(hostile)('loading %s fails and stores nothing', async (_name, text, errorName) => {
  await unharmed((cl) => cl.load(text, { save: true }), errorName);
  expect(Reflect.get({}, 'class')).toBeUndefined();
});

test('the error of load() names the element of the dump, and the backend', async () => {
  await inTemporaryFolder(async (folder) => {
    const cl = await setup(db(copyGolden('one.sqlite', join(folder, 'cl.sqlite'))));
    try {
      await cl.backend({ volume_backend_name: 'lvm', volume_driver: driver });
      const known = { class: 'Backend', backend: { volume_backend_name: 'lvm' } };
      const strange = { class: 'Volume', backend: { volume_backend_name: 'far' }, ovo: {} };
      const missing = await errorOf(cl.load([known, strange]));
      expect(missing.message).toMatch(/^Backend not present in system or json\..*'far'.*cl\.backend\(\)/);
      expect(missing.item).toBe('element 2 of the dump');
      const broken = await errorOf(cl.load([known, { ...known, class: 'Volume', ovo: {} }, known]));
      expect([broken.name, broken.item]).toEqual(['InvalidDump', 'element 2 of the dump']);
    } finally {
      await cl.close();
    }
  });
});

test('if the last object of a load cannot be stored, none is', async () => {
  await unharmed(async (cl) => {
    const volume = (await firstVolume(cl)).toJsons();
    const text = (id: string, name: string) =>
      volume.replace(/"id":"[^"]*"/, `"id":"${id}"`).replace(/"display_name":"[^"]*"/, `"display_name":"${name}"`);
    return cl.load(`[${text('new-1', 'a')},${text('new-2', '\\ud800')}]`, { save: true });
  }, 'ValueError');
});
