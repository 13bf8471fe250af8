/** Opening a database of Python's cinderlib and saving every object unchanged must not change a row. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { copyGolden, goldenDatabases, inTemporaryFolder } from '../support/golden.ts';
import { integrity, nativeDump } from '../support/tables.ts';

describe.each(goldenDatabases)('the golden database $name', ({ file }) => {
  test('holds the same rows after every object was saved unchanged', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden(file, join(folder, 'golden.sqlite'));
      const before = nativeDump(path);
      const cl = await setup({
        persistence_config: { storage: 'db', connection: `sqlite:///${path}` },
        fail_on_missing_backend: false,
      });
      const { persistence } = cl;
      const saves = [
        ...(await persistence.getVolumes()),
        ...(await persistence.getSnapshots()),
        ...(await persistence.getConnections()),
      ].map((object) => object.save());
      for (const keyValue of await persistence.getKeyValues()) saves.push(persistence.setKeyValue(keyValue));
      await Promise.all(saves);
      await cl.close();
      expect(nativeDump(path)).toBe(before);
      expect(integrity(path)).toBe('ok');
      expect(readdirSync(folder)).toEqual(['golden.sqlite']);
    });
  });

  test('has no journal or lock beside it after being read', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden(file, join(folder, 'golden.sqlite'));
      const cl = await setup({ persistence_config: { storage: 'db', connection: `sqlite:///${path}` } });
      await cl.persistence.getKeyValues();
      await cl.close();
      expect(existsSync(path)).toBe(true);
      expect(readdirSync(folder)).toEqual(['golden.sqlite']);
    });
  });
});
