/** The contract of storages, on a database in memory. */
import { setup } from 'cinderlib-wasm';
import { persistenceContract } from 'cinderlib-wasm/testing';
import { test } from 'vitest';

persistenceContract({
  test,
  setup: (options) => setup({ ...options, worker: true }),
  storage: () => ({ storage: 'memory_db' }),
});
