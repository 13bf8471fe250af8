/** Our side of a benchmark: a context on a SQLite file, with a backend that stores nothing. */
import { type Backend, type Cinderlib, setup } from 'cinderlib-wasm';

export async function openOurs(path: string): Promise<{ readonly cl: Cinderlib; readonly backend: Backend }> {
  const cl = await setup({ persistence_config: { storage: 'db', connection: `sqlite:///${path}` } });
  const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  return { cl, backend: await cl.backend({ volume_backend_name: 'bench', volume_driver }) };
}
