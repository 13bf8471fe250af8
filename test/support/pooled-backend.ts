/** A backend with two pools, of the fake driver. */
import { type Backend, type Cinderlib, setup } from 'cinderlib-wasm';

export const pooled = {
  volume_backend_name: 'b',
  volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
  pools: ['p1', 'p2'],
};

/** A context on the host `h` with that backend. */
export async function withPools(storage: string): Promise<{ readonly cl: Cinderlib; readonly b: Backend }> {
  const cl = await setup({ persistence_config: { storage }, host: 'h' });
  return { cl, b: await cl.backend(pooled) };
}
