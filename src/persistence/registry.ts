/** Finds the storage that a `persistence_config` asks for. */

import { InvalidPersistence, isCinderlibError } from '../errors/index.ts';
import { givenObject, readable } from '../given.ts';
import { didYouMean } from '../near-name.ts';
import { memoryOptions } from '../options.ts';
import type { CoreClient } from '../rpc/client.ts';
import { kindOf, shown } from '../shown.ts';
import { isStorage } from './brand.ts';
import { type PersistenceClass, PersistenceDriver, type PersistenceOptions } from './driver.ts';
import { MemoryPersistence } from './memory.ts';

/** How the storages with a core reach it: in a worker or on this thread. */
export type Connect = () => Promise<CoreClient>;

type Factory = (options: PersistenceOptions, connect: Connect) => Promise<PersistenceDriver>;

// Each is loaded by whoever names it.
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

// The counterpart of Python's entry points: what a plugin package registers holds for the whole program.
const registered = new Map<string, PersistenceClass>();

/**
 * Makes a storage known by a name, for `persistence_config: { storage: name }` of every context.
 *
 * @throws InvalidPersistence when the class is no subclass of `PersistenceDriver`, or the name is a built-in one.
 */
export function registerPersistence(name: string, plugin: PersistenceClass): void {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidPersistence(`A storage is registered by its name, a text, not ${kindOf(name)}.`);
  }
  if (Object.hasOwn(builtIn, name))
    throw new InvalidPersistence(`The storage '${name}' is built in; choose another name.`);
  if (!readable(`${name} is to be a subclass of PersistenceDriver`, plugin, () => isPluginClass(plugin)))
    throw new InvalidPersistence(`A storage must be a subclass of PersistenceDriver: ${name}.${copyHint(plugin)}`);
  registered.set(name, plugin);
}

/**
 * Makes the storage of a configuration; it is not open yet.
 *
 * @throws InvalidPersistence when there is no such storage or it cannot take its options.
 */
export async function makePersistence(config: unknown, connect: Connect): Promise<PersistenceDriver> {
  const expected = 'A persistence_config is an object with storage and its options';
  const { storage, ...options } = givenObject(expected, config ?? {});
  const plugged = readable(expected, storage, () => (isPlugin(storage) || isPluginClass(storage) ? storage : null));
  if (plugged !== null) return plugged instanceof PersistenceDriver ? plugged : new plugged(options);
  const name = storage || 'memory';
  if (typeof name !== 'string') {
    throw new InvalidPersistence(`Invalid persistence storage: ${shown(storage)}.${copyHint(storage)}`);
  }
  const factory = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
  if (factory !== undefined) {
    // An option that cannot even be asked what it is fails here, and not somewhere in the storage.
    readable(expected, options, () => Object.values(options).some((value) => value instanceof Blob));
    return factory(options, connect);
  }
  const plugin = registered.get(name) ?? (await importPlugin(name));
  return new plugin(options);
}

/** A name that is not registered may be a module whose default export is a plugin. */
async function importPlugin(specifier: string): Promise<PersistenceClass> {
  let plugin: unknown;
  try {
    // The specifier is the user's: no bundler can know it.
    const module: { readonly default?: unknown } = await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);
    plugin = module.default;
  } catch (error) {
    if (isCinderlibError(error)) throw error;
    const known = [...Object.keys(builtIn), ...registered.keys()];
    throw new InvalidPersistence(
      `Invalid persistence storage: ${shownName(specifier)}. There is no storage of that name, nor can a module of that name ` +
        `be imported.${databaseHint(specifier) ?? didYouMean(specifier, known)} Known storages: ${known.join(', ')}.`,
      { cause: error },
    );
  }
  if (isPluginClass(plugin)) return plugin;
  throw new InvalidPersistence(
    `Invalid persistence storage: the default export of ${shownName(specifier)} is no subclass of PersistenceDriver.${copyHint(plugin)}`,
  );
}

/** What to write for somebody who named a kind of database in place of the storage. */
function databaseHint(name: string): string | null {
  const [scheme = ''] = /^(?:sqlite|mysql|mariadb|postgres(?:ql)?)(?=\d?$)/.exec(name.toLowerCase()) ?? [];
  if (scheme === '') return null;
  const url = scheme === 'sqlite' ? 'sqlite:///path' : `${scheme.replace(/s$/, 'sql')}://user@host/database`;
  return ` For such a database write { storage: 'db', connection: '${url}' }.`;
}

function isPlugin(value: unknown): value is PersistenceDriver {
  return value instanceof PersistenceDriver;
}

function isPluginClass(value: unknown): value is PersistenceClass {
  return typeof value === 'function' && value.prototype instanceof PersistenceDriver;
}

/** What to do about what is none of our storages, when it is one of another copy of this library. */
function copyHint(plugin: unknown): string {
  if (!readable('A storage is given', plugin, () => isStorage(plugin))) return '';
  return (
    ' It extends the class of another copy of the package cinderlib-wasm. Have both use one: ' +
    'the plugin names it under peerDependencies, and it is installed once (npm ls cinderlib-wasm).'
  );
}

/** A storage's name for a message. A URL in its place may hold a password. */
function shownName(name: string): string {
  return /[:@]/.test(name) && !name.startsWith('file:')
    ? "a text that looks like a URL (for 'db', it is the option connection)"
    : name;
}
