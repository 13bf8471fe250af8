/** Finds the storage that a `persistence_config` names. */
import { objectArgument, readArgument } from '../arguments.ts';
import { copyHint } from '../copy-hint.ts';
import { InvalidPersistence } from '../errors/index.ts';
import { loaded } from '../loaded.ts';
import { memoryOptions } from '../options.ts';
import type { Connect } from '../rpc/client.ts';
import { shown } from '../shown.ts';
import { isStorage } from './brand.ts';
import { type PersistenceClass, PersistenceDriver, type PersistenceOptions } from './driver.ts';
import { MemoryPersistence } from './memory.ts';

type Factory = (options: PersistenceOptions, connect: Connect) => Promise<PersistenceDriver>;

// Loaded on demand.
const builtIn: Readonly<Record<string, Factory>> = {
  async memory(options) {
    memoryOptions(options);
    return new MemoryPersistence();
  },
  async memory_db(options, connect) {
    return (await loaded(import('./with-core.ts'))).databaseInMemory(options, connect);
  },
  async db(options, connect) {
    return (await loaded(import('./with-core.ts'))).databaseAt(options, connect);
  },
};

const subclassExpected = 'A storage is a subclass of PersistenceDriver';

// The counterpart of Python's entry points: registrations apply to the whole program.
const registered = new Map<string, PersistenceClass>();

/**
 * Registers a plugin under a name, so that every context can select it with `persistence_config: { storage: name }`.
 * It replaces an earlier one of that name, for contexts that are set up from then on.
 *
 * @throws InvalidPersistence when the class does not extend `PersistenceDriver`, or a built-in storage has that name.
 */
export function registerPersistence(name: string, plugin: PersistenceClass): void {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidPersistence(`A storage is registered under a name, a non-empty string, not ${shown(name)}.`);
  }
  if (Object.hasOwn(builtIn, name))
    throw new InvalidPersistence(`The storage '${name}' is built in; choose another name.`);
  if (!readArgument(subclassExpected, plugin, () => isPluginClass(plugin))) throw noPlugin(name, plugin);
  registered.set(name, plugin);
}

/**
 * Creates the configured storage without opening it.
 *
 * @throws InvalidPersistence for an unknown storage or wrong options.
 */
export async function makePersistence(config: unknown, connect: Connect): Promise<PersistenceDriver> {
  const expected = 'A persistence_config is an object with storage and its options';
  const { storage, ...options } = objectArgument(expected, config ?? {});
  const plugged = readArgument(expected, storage, () => (isPlugin(storage) || isPluginClass(storage) ? storage : null));
  if (plugged !== null) return plugged instanceof PersistenceDriver ? plugged : new plugged(options);
  const name = storage || 'memory';
  if (typeof name !== 'string') {
    throw noPlugin(shown(storage), storage);
  }
  const factory = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
  if (factory !== undefined) {
    // Probes the values, so that one that throws when inspected (a revoked proxy) fails here, not inside the storage.
    readArgument(expected, options, () => Object.values(options).some((value) => value instanceof Blob));
    return factory(options, connect);
  }
  const plugin = registered.get(name) ?? (await importedPlugin(name));
  return new plugin(options);
}

/** Imports an unregistered name as a module whose default export is a plugin class. */
async function importedPlugin(name: string): Promise<PersistenceClass> {
  const { importPlugin, shownName } = await loaded(import('./import-plugin.ts'));
  const plugin = await importPlugin(name, [...Object.keys(builtIn), ...registered.keys()]);
  if (isPluginClass(plugin)) return plugin;
  throw noPlugin(`the default export of ${shownName(name)}`, plugin);
}

function noPlugin(what: string, value: unknown): InvalidPersistence {
  return new InvalidPersistence(
    `Invalid persistence storage: ${what} is not a subclass of PersistenceDriver.${hintFor(value)}`,
  );
}

function isPlugin(value: unknown): value is PersistenceDriver {
  return value instanceof PersistenceDriver;
}

function isPluginClass(value: unknown): value is PersistenceClass {
  return typeof value === 'function' && value.prototype instanceof PersistenceDriver;
}

/** A hint for a plugin that extends another copy of this library; empty for anything else. */
function hintFor(plugin: unknown): string {
  const isOfCopy = (): boolean => isStorage(plugin) && !isPlugin(plugin) && plugin !== PersistenceDriver;
  return readArgument(subclassExpected, plugin, isOfCopy) ? copyHint('plugin') : '';
}
