/** Contexts on the calling thread, with one backend each, that are closed after each test. */
import { type Backend, type Cinderlib, type PersistenceDriver, setup } from 'cinderlib-wasm';
import { afterEach } from 'vitest';

const fake = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

type Start = (storage: string | PersistenceDriver, driver?: string) => Promise<{ cl: Cinderlib; backend: Backend }>;

/** Registers the closing, and returns what opens a context on a storage. */
export function useContexts(): Start {
  const contexts: Cinderlib[] = [];
  afterEach(async () => {
    for (const cl of contexts.splice(0)) await cl.close();
  });
  return async (storage, driver = fake) => {
    const cl = await setup({ persistence_config: { storage }, host: 'h', worker: false });
    contexts.push(cl);
    return { cl, backend: await cl.backend({ volume_backend_name: 'b', volume_driver: driver }) };
  };
}
