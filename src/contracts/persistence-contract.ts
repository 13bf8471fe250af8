/**
 * What every storage must do: the contract suite for persistence plugins.
 *
 * It runs under any test runner, in any runtime: give it the runner's `test` and a function that creates an
 * empty storage.
 */
import type { Cinderlib } from '../cinderlib.ts';
import type { Backend } from '../objects/backend.ts';
import type { PersistenceConfig, SetupOptions } from '../setup.ts';
import { childTests } from './child-tests.ts';
import { type ContractTest, keptWithin, type StorageLimits } from './contract-test.ts';
import { deleteTests } from './delete-tests.ts';
import { storageTests } from './storage-tests.ts';
import { updateTests } from './update-tests.ts';
import { volumeTests } from './volume-tests.ts';

/** What the contract suite for storages needs. */
export interface ContractHarness {
  /** The runner's way to register a test. */
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  /** The library under test; a plugin's suite passes its own import of `setup`. */
  readonly setup: (options: SetupOptions) => Promise<Cinderlib>;
  /** The `persistence_config` of an empty storage, created anew for each test. */
  readonly storage: () => PersistenceConfig | Promise<PersistenceConfig>;
  /** What the storage cannot keep; by default nothing. */
  readonly limits?: StorageLimits;
  /** Undoes what `storage` did; runs after each test, even if its `setup` failed. */
  readonly cleanUp?: () => void | Promise<void>;
}

const fakeDriver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

/**
 * Registers the tests of the contract.
 *
 * @example
 * ```ts
 * import { test } from 'node:test';
 * import { setup } from 'cinderlib-wasm';
 * import { persistenceContract } from 'cinderlib-wasm/testing';
 *
 * persistenceContract({ test, setup, storage: () => ({ storage: MyPlugin }) });
 * ```
 */
export function persistenceContract(harness: ContractHarness): void {
  for (const [name, body] of [...storageTests, ...volumeTests, ...childTests, ...updateTests, ...deleteTests]) {
    harness.test(name, async () => {
      const storage = await harness.storage();
      try {
        await run(harness, storage, body);
      } finally {
        await harness.cleanUp?.();
      }
    });
  }
}

async function run(harness: ContractHarness, storage: PersistenceConfig, body: ContractTest[1]): Promise<void> {
  const cl = await harness.setup({ persistence_config: storage, host: 'contract' });
  try {
    const [first, second] = [await backend(cl, 'first'), await backend(cl, 'second')];
    await body(cl, first, second, keptWithin(harness.limits ?? {}));
  } finally {
    await cl.close();
  }
}

function backend(cl: Cinderlib, name: string): Promise<Backend> {
  return cl.backend({ volume_backend_name: name, volume_driver: fakeDriver, pools: ['pool'] });
}
