/** The contract of storages, on memory. */
import { setup } from 'cinderlib-wasm';
import { persistenceContract } from 'cinderlib-wasm/testing';
import { test } from 'vitest';

persistenceContract({ test, setup, storage: () => ({ storage: 'memory' }) });
