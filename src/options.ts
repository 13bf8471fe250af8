/** Checks the options of `setup`, the storages and `migrate` once, and fills in their defaults. */
import { InvalidOption, InvalidPersistence } from './errors/index.ts';
import { didYouMean, nearName } from './near-name.ts';
import { kindOf, shown } from './shown.ts';

/** The rules for an option. `T` is its type after checking. */
interface Option<T> {
  /** What is expected instead of the value; null if the value is valid. */
  readonly fault: (value: unknown) => string | null;
  /** The value if the option is absent; undefined for an optional one without a default. */
  readonly byDefault?: T;
  readonly required?: true;
}
type Shape = Readonly<Record<string, Option<unknown>>>;
type ValueOf<O> = O extends Option<infer T> ? T : never;
type Checked<S extends Shape> = {
  [K in keyof S as undefined extends ValueOf<S[K]> ? never : K]: ValueOf<S[K]>;
} & { [K in keyof S as undefined extends ValueOf<S[K]> ? K : never]?: ValueOf<S[K]> };

// Checked by hand: a schema library made up a fifth of what the main thread loads. The tests compare with one.
const isString = (value: unknown): string | null => (typeof value === 'string' ? null : 'a string is expected');
const isText = (value: unknown): string | null => (value === '' ? 'it must not be empty' : isString(value));
const noPool = 'a name without #, which introduces the pool, is expected';
const isHost = (value: unknown): string | null =>
  typeof value === 'string' && value.includes('#') ? noPool : isText(value);
const isBoolean = (value: unknown): string | null => (typeof value === 'boolean' ? null : 'a boolean is expected');
const isFunction = (value: unknown): string | null => (typeof value === 'function' ? null : 'a function is expected');
const isPlainObject = (value: unknown): string | null => {
  const prototype: unknown = isObject(value) ? Object.getPrototypeOf(value) : undefined;
  // The `Object.prototype` of another realm has no prototype either.
  const isPlain = prototype === null || (isObject(prototype) && Object.getPrototypeOf(prototype) === null);
  return isPlain ? null : 'a plain object is expected';
};
const isDuration = (value: unknown): string | null => {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'a number is expected';
  return value < 0 ? '0 or more is expected' : null;
};
const isWorker = (value: unknown): string | null =>
  typeof value === 'boolean' || typeof value === 'function' ? null : 'true, false or a function is expected';
const isContent = (value: unknown): string | null =>
  value instanceof Uint8Array || value instanceof Blob ? null : 'a Blob or Uint8Array is expected';
const media = ['filesystem', 'indexeddb', 'opfs'] as const;
const oneOf = 'one of ';
const isMedium = (value: unknown): string | null =>
  media.some((medium) => medium === value)
    ? null
    : `${oneOf}${media.join(', ')}, or the storage memory_db, is expected`;

type Fault = Option<unknown>['fault'];
const required = <T>(fault: Fault): Option<T> => ({ fault, required: true });
const withDefault = <T>(fault: Fault, byDefault: T): Option<T> => ({ fault, byDefault });
const optional = <T>(fault: Fault): Option<T | undefined> => ({ fault });
/** Optional, and null is accepted, like None in cinderlib. */
const nullish = <T>(fault: Fault): Option<T | null | undefined> => ({
  fault: (value) => (value === null ? null : fault(value)),
});

const setupShape = {
  persistence_config: nullish<Record<string, unknown>>(isPlainObject),
  project_id: nullish<string>(isText),
  user_id: nullish<string>(isText),
  non_uuid_ids: withDefault(isBoolean, false),
  output_all_backend_info: withDefault(isBoolean, false),
  fail_on_missing_backend: withDefault(isBoolean, true),
  host: nullish<string>(isHost),
  root_helper: withDefault(isString, 'sudo'),
  file_locks_path: nullish<string>(isText),
  suppress_requests_ssl_warnings: withDefault(isBoolean, true),
  disable_logs: withDefault(isBoolean, true),
  worker: withDefault<boolean | (() => unknown)>(isWorker, true),
};

const databaseShape = {
  connection: required<string>(isText),
  soft_deletes: withDefault(isBoolean, false),
  sqlite_synchronous: withDefault(isBoolean, true),
  medium: optional<(typeof media)[number]>(isMedium),
  read_only: withDefault(isBoolean, false),
  busy_timeout: withDefault(isDuration, 5000),
  statement_timeout: optional<number>(isDuration),
  from: optional<Blob | Uint8Array>(isContent),
  ask_to_persist: withDefault(isBoolean, true),
};

const memoryDatabaseShape = { from: optional<Blob | Uint8Array>(isContent) };

const migrationShape = {
  dry_run: withDefault(isBoolean, false),
  verify: withDefault(isBoolean, true),
  key_values: withDefault(isBoolean, true),
  worker: optional<boolean | (() => unknown)>(isWorker),
  on_progress: withDefault<(progress: unknown) => void>(isFunction, () => {}),
};

/** The options of `migrate` after checking, with their defaults. */
export type MigrationConfig = Checked<typeof migrationShape>;
/** The options of `setup` after checking, with their defaults. */
export type SetupConfig = Checked<typeof setupShape>;
/** The options of the storage `db` after checking. */
export type DatabaseOptions = Checked<typeof databaseShape>;
export type MemoryDatabaseOptions = Checked<typeof memoryDatabaseShape>;

/** Checks the options of `setup`. Unknown ones are taken for Cinder's, unless they look like a misspelt one of ours. */
export function setupConfig(options: unknown): SetupConfig {
  const given = lookedAt(setupShape, options ?? {});
  const fault = faultOf(setupShape, given);
  if (fault !== null) throw new InvalidOption(`setup(): ${fault}`);
  // An own `__proto__`, which JSON may contain, would become the prototype of a copy.
  const others = Object.entries(given as object).filter(([name, value]) => name !== '__proto__' && value !== undefined);
  const config = { ...Object.fromEntries(others), ...withDefaults(setupShape, given) };
  const known = Object.keys(setupShape);
  const ofStorages = ['storage', ...Object.keys(databaseShape)];
  for (const name of Object.keys(config).filter((one) => !known.includes(one))) {
    const hint = didYouMean(name, known);
    if (hint !== '') throw new InvalidOption(`setup() has no option ${name}.${hint}`);
    const meant = storageWords.test(name) ? 'storage' : nearName(name, ofStorages);
    if (meant !== null) {
      throw new InvalidOption(
        `The option ${meant === name ? name : `${name}, if it means ${meant},`} belongs in persistence_config: ` +
          `{ persistence_config: { ${meant}: … } }.`,
      );
    }
  }
  return config;
}

/** What people call the storage: no option of Cinder has such a name. */
const storageWords = /^(?:persistence|config|db|database|url)$/;
const connectionWords = /^(?:db|database|ur[il]|path|file|filename)$/;

export function databaseOptions(options: unknown): DatabaseOptions {
  return checkStorage('db', databaseShape, options);
}

export function memoryDatabaseOptions(options: unknown): MemoryDatabaseOptions {
  return checkStorage('memory_db', memoryDatabaseShape, options);
}

/** The storage `memory` takes no options. */
export function memoryOptions(options: unknown): void {
  checkStorage('memory', {}, options);
}

export function migrationOptions(options: unknown): MigrationConfig {
  const given = lookedAt(migrationShape, options ?? {});
  const unknown = unknownOption(migrationShape, given);
  if (unknown !== undefined) {
    const hint = didYouMean(unknown, Object.keys(migrationShape));
    throw new InvalidOption(`migrate() has no option ${unknown}.${hint}`);
  }
  const fault = faultOf(migrationShape, given);
  if (fault !== null) throw new InvalidOption(`migrate(): ${fault}`);
  return withDefaults(migrationShape, given);
}

/** Checks that the source or target of `migrate` is an object; its content is checked by the storage. */
export function checkMigrationEnd(name: 'source' | 'target', config: unknown): void {
  if (isPlainObject(config) === null) return;
  throw new InvalidOption(
    `migrate(): the ${name} cannot be ${typeName(config)}: a persistence_config is expected, ` +
      "such as { storage: 'db', connection: 'sqlite:///cl.sqlite' } or { storage: cl.persistence }.",
  );
}

function checkStorage<S extends Shape>(storage: string, shape: S, options: unknown): Checked<S> {
  // Before checking for missing options: one may just be misspelt.
  const unknown = unknownOption(shape, options);
  if (unknown !== undefined) {
    // An unknown name may be a misplaced URL, password included.
    const name = /^[\w.-]{1,64}$/.test(unknown) ? unknown : 'of that name';
    throw new InvalidPersistence(`The storage '${storage}' has no option ${name}.${hintFor(storage, shape, unknown)}`);
  }
  const fault = faultOf(shape, options);
  if (fault !== null) throw new InvalidPersistence(`The storage '${storage}': ${fault}`);
  return withDefaults(shape, options);
}

function hintFor(storage: string, shape: Shape, name: string): string {
  if (name === 'persistence_config') return ' Pass what it contains.';
  if (storage === 'db' && connectionWords.test(name)) return ' Did you mean connection?';
  if (storage === 'db' || !Object.hasOwn(databaseShape, name)) return didYouMean(name, Object.keys(shape));
  return ` The storage 'db' has it: { storage: 'db', ${name}: … }.`;
}

/** The name of an option that the shape lacks. An undefined option counts as absent. */
function unknownOption(shape: Shape, given: unknown): string | undefined {
  if (!isObject(given)) return undefined;
  return Object.keys(given).find((name) => !Object.hasOwn(shape, name) && optionOf(given, name) !== undefined);
}

/** Reads the options once, since getters may return something else next time. */
function lookedAt(shape: Shape, given: unknown): unknown {
  if (!isObject(given)) return given;
  const inherited = Object.keys(shape).filter((name) => !Object.hasOwn(given, name) && name in given);
  return { ...Object.fromEntries(inherited.map((name) => [name, Reflect.get(given, name)])), ...given };
}

/** The first error. Shows the type of the value rather than the value, which may be a connection with a password. */
function faultOf(shape: Shape, options: unknown): string | null {
  if (!isObject(options)) return `an object with options is expected, not ${typeName(options)}.`;
  for (const [name, { fault, required }] of Object.entries(shape)) {
    const value = optionOf(options, name);
    if (value === undefined && required) return `the option ${name} is missing.`;
    const wanted = value === undefined ? null : fault(value);
    if (wanted !== null) return `the option ${name} cannot be ${shownValue(value, wanted)}: ${wanted}.`;
  }
  return null;
}

/** The options of the shape after checking, with defaults for those that are absent. */
function withDefaults<S extends Shape>(shape: S, options: unknown): Checked<S> {
  const entries = Object.entries(shape).map(([name, { byDefault }]) => {
    const value = optionOf(options, name);
    return [name, value === undefined ? byDefault : value];
  });
  // `faultOf` has checked the type of each option.
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Checked<S>;
}

/** The value itself if it is a number, a host's name, or a word where one of several is expected; else its type. */
function shownValue(value: unknown, wanted: string): string {
  const isName = (text: string): boolean =>
    wanted === noPool || (wanted.startsWith(oneOf) && /^[a-z]{1,40}$/i.test(text));
  return typeof value === 'number' || (typeof value === 'string' && isName(value)) ? shown(value) : typeName(value);
}

function optionOf(options: unknown, name: string): unknown {
  return isObject(options) ? Reflect.get(options, name) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeName(value: unknown): string {
  return value === '' ? shown(value) : kindOf(value);
}
