/** The contract of storages, on a database in memory, with the core on the calling thread. */
import { setup } from 'cinderlib-wasm';
import { persistenceContract } from 'cinderlib-wasm/testing';
import { test } from 'vitest';

persistenceContract({
  test,
  setup: (options) => setup({ ...options, worker: false }),
  storage: () => ({ storage: 'memory_db' }),
});
