/**
 * What every storage must do: the contract suite for persistence plugins.
 *
 * It runs under any test runner, in any runtime: give it the runner's `test` and a function that creates an
 * empty storage.
 */
import type { Cinderlib } from '../cinderlib.ts';
import type { Backend } from '../objects/backend.ts';
import type { PersistenceConfig } from '../persistence/config.ts';
import type { SetupOptions } from '../setup.ts';
import { childTests } from './child-tests.ts';
import { keptWithin, type StorageLimits } from './contract-test.ts';
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
  /** The `persistence_config` of an empty storage, created anew for each test, and to look into after one that fails. */
  readonly storage: () => PersistenceConfig | Promise<PersistenceConfig>;
  /** What the storage cannot keep; by default nothing. */
  readonly limits?: StorageLimits;
  /** Undoes what `storage` did; runs after each use of it, even if its `setup` failed. */
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
      const failure = await onContext(harness, (cl, first, second) =>
        body(cl, first, second, keptWithin(harness.limits ?? {})).then(
          () => null,
          (cause: unknown) => ({ cause }),
        ),
      );
      if (failure === null) return;
      // Only now, and elsewhere: what the getters do must not change what the test finds.
      const found = await onContext(harness, contents).catch(() => 0);
      throw found === 0 ? failure.cause : notEmpty(found, failure.cause);
    });
  }
}

/** Runs something on a new context with a new storage and two backends. */
async function onContext<Result>(
  harness: ContractHarness,
  body: (cl: Cinderlib, first: Backend, second: Backend) => Promise<Result>,
): Promise<Result> {
  const storage = await harness.storage();
  try {
    const cl = await harness.setup({ persistence_config: storage, host: 'contract' });
    try {
      return await body(cl, await backend(cl, 'first'), await backend(cl, 'second'));
    } finally {
      await cl.close();
    }
  } finally {
    await harness.cleanUp?.();
  }
}

/** How much a storage holds, as far as it can tell: its getters are what the tests are about. */
async function contents({ persistence }: Cinderlib): Promise<number> {
  const getters: readonly (() => Promise<unknown>)[] = [
    async () => persistence.getVolumes({}),
    async () => persistence.getSnapshots({}),
    async () => persistence.getConnections({}),
    async () => persistence.getKeyValues(),
  ];
  const lists = await Promise.all(getters.map((get) => get().catch(() => [])));
  return lists.reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0);
}

/** What a test finds in a storage that was not empty says little about the storage. */
function notEmpty(found: number, cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Error(
    `${message} The next storage held ${found} objects from the start: storage() must give an empty one each time, ` +
      'or cleanUp() empty it.',
    { cause },
  );
}

function backend(cl: Cinderlib, name: string): Promise<Backend> {
  return cl.backend({ volume_backend_name: name, volume_driver: fakeDriver, pools: ['pool'] });
}
