/** Contexts that are closed after use. */
import { type Cinderlib, type PersistenceConfig, setup } from 'cinderlib-wasm';

/** Opens these storages on this thread, which is quicker than starting workers. */
export async function using<const C extends readonly PersistenceConfig[]>(
  configs: C,
  use: (...contexts: { readonly [K in keyof C]: Cinderlib }) => Promise<void>,
): Promise<void> {
  const opened: Cinderlib[] = [];
  try {
    for (const persistence_config of configs) {
      opened.push(await setup({ persistence_config, worker: false, fail_on_missing_backend: false }));
    }
    await use(...(opened as { [K in keyof C]: Cinderlib }));
  } finally {
    for (const cl of opened) await cl.close();
  }
}
