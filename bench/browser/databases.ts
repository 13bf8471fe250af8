/**
 * Creates the databases that the browser benchmarks start from: a hundred volumes, alone or with 50 MB of other rows.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';

export async function makeDatabases(folder: string): Promise<void> {
  const small = join(folder, 'small.sqlite');
  const cl = await setup({ persistence_config: { storage: 'db', connection: `sqlite:///${small}` } });
  const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  const backend = await cl.backend({ volume_backend_name: 'bench', volume_driver });
  await Promise.all(Array.from({ length: 100 }, (_, n) => backend.createVolume(1, { name: `volume ${n}` })));
  await cl.close();
  const large = join(folder, 'large.sqlite');
  copyFileSync(small, large);
  execFileSync('sqlite3', [
    large,
    'INSERT INTO cinderlib_persistence_key_value (key, value) ' +
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) SELECT 'key ' || i, hex(randomblob(400)) FROM n",
  ]);
}
