/** Calls that must fail in a database with volumes, and leave it as it was. */
import { join } from 'node:path';
import { type Cinderlib, type CinderlibError, setup } from 'cinderlib-wasm';
import { expect } from 'vitest';
import { errorOf } from './error-of.ts';
import { copyGolden, inTemporaryFolder } from './golden.ts';
import { integrity, nativeDump } from './tables.ts';

const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

/** Runs the bad call and checks that it fails, and that the content of the database stays the same. */
export async function unharmed(bad: (cl: Cinderlib) => Promise<unknown>, name: string): Promise<CinderlibError> {
  return inTemporaryFolder(async (folder) => {
    const path = copyGolden('rich.sqlite', join(folder, 'cl.sqlite'));
    const before = nativeDump(path);
    const cl = await setup({ persistence_config: { storage: 'db', connection: `sqlite:///${path}` } });
    for (const backend of ['ceph.rbd', 'lvm_iscsi', 'nfs-01']) {
      await cl.backend({ volume_backend_name: backend, volume_driver });
    }
    const error = await errorOf(bad(cl));
    expect(error.name).toBe(name);
    await cl.close();
    expect(integrity(path)).toBe('ok');
    expect(nativeDump(path)).toBe(before);
    return error;
  });
}

export async function firstVolume(cl: Cinderlib) {
  const [volume] = await cl.persistence.getVolumes();
  return volume ?? expect.unreachable();
}
