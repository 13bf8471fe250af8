/**
 * What every volume driver must do: the contract suite for authors of drivers.
 *
 * It runs under any test runner, in any runtime: give it the runner's `test`, and a function that returns the
 * options of a backend on an empty storage. It needs room for five volumes of 1 GiB and one of 2 GiB.
 */
import type { Cinderlib } from '../cinderlib.ts';
import type { Backend, BackendOptions } from '../objects/backend.ts';
import type { SetupOptions } from '../setup.ts';
import { connectionTests } from './driver-connection-tests.ts';
import { type Bytes, contentTests } from './driver-content-tests.ts';
import { driverTests } from './driver-tests.ts';

/** What the contract suite for volume drivers needs. */
export interface VolumeDriverHarness {
  /** The runner's way to register a test. */
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  /** The library under test; a driver's suite passes its own import of `setup`. */
  readonly setup: (options: SetupOptions) => Promise<Cinderlib>;
  /** The options of a backend of the driver on an empty storage; called before each test. */
  readonly backend: () => BackendOptions | Promise<BackendOptions>;
  /** The options of `setup`, such as a `persistence_config`; by default metadata is in memory. */
  readonly options?: SetupOptions;
  /** The properties of a host that volumes can be connected to. */
  readonly connector?: Readonly<Record<string, unknown>>;
  /** Reads and writes the content of volumes, for drivers that store any. Without it, content is not tested. */
  readonly bytes?: Bytes;
  /** The names of everything in the storage. With it, the suite checks that nothing is left behind. */
  readonly leftovers?: () => readonly string[] | Promise<readonly string[]>;
  /** Undoes what `backend` did; runs after each test, even if its backend failed to start. */
  readonly cleanUp?: () => void | Promise<void>;
}

/** A test: its title, and its body, which runs on a backend without volumes. */
export type DriverTest = readonly [name: string, body: (backend: Backend, tools: DriverTools) => Promise<void>];

export interface DriverTools {
  readonly cl: Cinderlib;
  readonly connector: Readonly<Record<string, unknown>>;
  readonly bytes: Bytes;
  /** Opens a second context on the same storage, as another program would. It is closed after the test. */
  readonly another: () => Promise<Backend>;
  readonly leftovers: () => Promise<readonly string[]>;
}

const nothing: Bytes = { read: async () => new Uint8Array(), write: async () => {} };

/**
 * Registers the tests of the contract.
 *
 * @example
 * ```ts
 * import { test } from 'node:test';
 * import { registerVolumeDriver, setup } from 'cinderlib-wasm';
 * import { volumeDriverContract } from 'cinderlib-wasm/testing';
 *
 * registerVolumeDriver('my.package.MyDriver', MyDriver);
 * const backend = { volume_backend_name: 'mine', volume_driver: 'my.package.MyDriver' };
 * volumeDriverContract({ test, setup, backend: () => backend });
 * ```
 */
export function volumeDriverContract(harness: VolumeDriverHarness): void {
  const tests = [...driverTests, ...connectionTests, ...(harness.bytes === undefined ? [] : contentTests)];
  for (const [name, body] of tests) harness.test(name, () => run(harness, body));
}

async function run(harness: VolumeDriverHarness, body: DriverTest[1]): Promise<void> {
  const contexts: Cinderlib[] = [];
  const start = async (options: BackendOptions): Promise<Backend> => {
    const cl = await harness.setup({ host: 'contract', ...harness.options });
    contexts.push(cl);
    return cl.backend(options);
  };
  try {
    const options = await harness.backend();
    const backend = await start(options);
    const [cl] = contexts;
    if (cl === undefined) return;
    await body(backend, {
      cl,
      connector: harness.connector ?? {
        host: 'contract',
        ip: '127.0.0.1',
        initiator: 'iqn.1994-05.org.example:contract',
      },
      bytes: harness.bytes ?? nothing,
      another: () => start(options),
      leftovers: async () => (await harness.leftovers?.()) ?? [],
    });
  } finally {
    for (const context of contexts) await context.close();
    await harness.cleanUp?.();
  }
}
