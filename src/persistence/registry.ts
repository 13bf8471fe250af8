/** Finds the storage that a `persistence_config` names. */

import { objectArgument, readArgument } from '../arguments.ts';
import { copyHint } from '../copy-hint.ts';
import { InvalidPersistence, isCinderlibError } from '../errors/index.ts';
import { didYouMean } from '../near-name.ts';
import { memoryOptions } from '../options.ts';
import type { CoreClient } from '../rpc/client.ts';
import { shown } from '../shown.ts';
import { isStorage } from './brand.ts';
import { type PersistenceClass, PersistenceDriver, type PersistenceOptions } from './driver.ts';
import { MemoryPersistence } from './memory.ts';

/** Starts the core of a storage that has one, in a worker or on this thread. */
export type Connect = () => Promise<CoreClient>;

type Factory = (options: PersistenceOptions, connect: Connect) => Promise<PersistenceDriver>;

// Loaded on demand.
const builtIn: Readonly<Record<string, Factory>> = {
  async memory(options) {
    memoryOptions(options);
    return new MemoryPersistence();
  },
  async memory_db(options, connect) {
    return (await import('./with-core.ts')).databaseInMemory(options, connect);
  },
  async db(options, connect) {
    return (await import('./with-core.ts')).databaseAt(options, connect);
  },
};

const subclassExpected = 'A storage is a subclass of PersistenceDriver';

// The counterpart of Python's entry points: registrations apply to the whole program.
const registered = new Map<string, PersistenceClass>();

/**
 * Registers a plugin under a name, so that every context can select it with `persistence_config: { storage: name }`.
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
  const plugin = registered.get(name) ?? (await importPlugin(name));
  return new plugin(options);
}

/** Imports an unregistered name as a module whose default export is a plugin class. */
async function importPlugin(specifier: string): Promise<PersistenceClass> {
  let plugin: unknown;
  try {
    // Bundlers must leave this import alone: the specifier is known only at run time.
    const module: { readonly default?: unknown } = await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);
    plugin = module.default;
  } catch (error) {
    if (isCinderlibError(error)) throw error;
    const known = [...Object.keys(builtIn), ...registered.keys()];
    const name = shownName(specifier);
    // Of a name that is not to be shown, nothing is: the reason may repeat it. Deno adds an excerpt of the module.
    const reason =
      name === specifier ? `: ${error instanceof Error ? /^.*?(?=\.?$)/m.exec(error.message) : shown(error)}` : '';
    const hint = /^\.\.?\//.test(name)
      ? ` Give its full URL: import.meta.resolve('${name}').`
      : (databaseHint(name) ?? didYouMean(name, known));
    throw new InvalidPersistence(
      `Invalid persistence storage: ${name}. It is neither a known storage nor a module that can ` +
        `be imported${reason}.${hint} Known storages: ${known.join(', ')}.`,
      { cause: error },
    );
  }
  if (isPluginClass(plugin)) return plugin;
  throw noPlugin(`the default export of ${shownName(specifier)}`, plugin);
}

function noPlugin(what: string, value: unknown): InvalidPersistence {
  return new InvalidPersistence(
    `Invalid persistence storage: ${what} is not a subclass of PersistenceDriver.${hintFor(value)}`,
  );
}

/** A hint for a caller who named a kind of database instead of the storage. */
function databaseHint(name: string): string | null {
  const [scheme = ''] = /^(?:sqlite|mysql|mariadb|postgres(?:ql)?)(?=\d?$)/.exec(name.toLowerCase()) ?? [];
  if (scheme === '') return null;
  const url = scheme === 'sqlite' ? 'sqlite:///path' : `${scheme.replace(/s$/, 'sql')}://user@host/database`;
  return ` For such a database, use { storage: 'db', connection: '${url}' }.`;
}

function isPlugin(value: unknown): value is PersistenceDriver {
  return value instanceof PersistenceDriver;
}

function isPluginClass(value: unknown): value is PersistenceClass {
  return typeof value === 'function' && value.prototype instanceof PersistenceDriver;
}

/** A hint for a plugin that extends another copy of this library; empty for anything else. */
function hintFor(plugin: unknown): string {
  return readArgument(subclassExpected, plugin, () => isStorage(plugin)) ? copyHint('plugin') : '';
}

/** A storage's name for a message. A URL in its place may contain a password, unless it is that of a module. */
function shownName(name: string): string {
  return /:|.@/.test(name) && !/^(?:file:|https?:[^@?]*$)/.test(name)
    ? "a string that looks like a URL (for 'db', pass it as connection)"
    : name;
}
