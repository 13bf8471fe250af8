/**
 * The options of volume drivers as data that can be listed, with names, types and defaults as in Cinder.
 *
 * A driver declares its options in the static `options` and reads them with {@link driverOptions}, which accepts the
 * notation of Cinder's configuration files: `'5'` for a number, `'yes'` for a boolean, `'a,b'` for a list.
 */
import { type Dict, dict, entriesOf } from '../cinder/dict.ts';
import { InvalidOption } from '../errors/index.ts';
import { didYouMean } from '../near-name.ts';
import { shown } from '../shown.ts';

interface OptionTypes {
  string: string;
  integer: number;
  float: number;
  /** A TCP port number. */
  port: number;
  boolean: boolean;
  list: readonly string[];
}

/** A driver option, described as Cinder describes it to `oslo.config`. */
export interface DriverOption {
  /** The type of the value; `port` is an integer from 0 to 65,535, `list` a list of strings. */
  readonly type: keyof OptionTypes;
  /** The value if the option is not given. */
  readonly default: string | number | boolean | readonly string[] | null;
  /** One sentence on what the option is for, with its unit, if any. */
  readonly help: string;
  /** Set if the option must be given. */
  readonly required?: true;
  /** Set if the value must never appear in a message. */
  readonly secret?: true;
  /** Set if the option names a program to run: a dump cannot set it. */
  readonly runs?: true;
  /** The accepted values; if absent, all. */
  readonly choices?: readonly string[];
  /** The smallest number accepted. */
  readonly min?: number;
  /** The largest number accepted. */
  readonly max?: number;
}

/** The options of a driver, by name. */
export type OptionSchema = Readonly<Record<string, DriverOption>>;

/** The values of a schema's options after reading; null only where that is the default. */
export type OptionValues<S extends OptionSchema> = {
  readonly [K in keyof S]: OptionTypes[S[K]['type']] | (S[K] extends { readonly required: true } ? never : Null<S[K]>);
};
type Null<O extends DriverOption> = null extends O['default'] ? null : never;

/** Options that the library reads itself, or that Cinder defines for every driver. */
const common = ['volume_backend_name', 'volume_driver', 'backend_host', 'enabled_backends'];

/**
 * Reads the options of a backend according to the schema of its driver.
 *
 * @returns `options`: every option of the schema, with its default if it was not given. `configuration`: the given
 *   options in their order, with the values as read, for dumps.
 * @throws InvalidOption for a value of the wrong type, a missing option, or one that looks misspelt. Other unknown
 *   options are kept, since Cinder has hundreds.
 */
export function driverOptions<S extends OptionSchema>(
  driver: string,
  schema: S,
  given: Readonly<Dict>,
): { readonly options: OptionValues<S>; readonly configuration: Dict } {
  const known = Object.keys(schema);
  const read = entriesOf({ ...given }).map(([name, value]): [string, unknown] => {
    const option = Object.hasOwn(schema, name) ? schema[name] : undefined;
    if (option !== undefined) return [name, isNothing(value) ? null : optionValue(driver, name, option, value)];
    const hint = common.includes(name) ? '' : didYouMean(name, known);
    if (hint !== '') throw new InvalidOption(`The volume driver ${driver} has no option ${name}.${hint}`);
    return [name, value];
  });
  const configuration = dict(read);
  const options = known.map((name): [string, unknown] => {
    const value = Object.hasOwn(configuration, name) ? configuration[name] : null;
    if ((value === null || value === '') && schema[name]?.required === true) {
      throw new InvalidOption(`The option ${name} of the volume driver ${driver} is missing: ${schema[name]?.help}`);
    }
    return [name, value ?? schema[name]?.default ?? null];
  });
  // Each value was read according to its option's type.
  return { options: dict(options) as OptionValues<S>, configuration };
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}

function optionValue(driver: string, name: string, option: DriverOption, value: unknown): unknown {
  const read = readAs(option.type, value);
  const { choices, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = option;
  const inRange = typeof read !== 'number' || (read >= min && read <= max);
  const isChoice = choices === undefined || choices.includes(String(read));
  if (read !== undefined && inRange && isChoice) return read;
  const what = option.secret === true ? 'that' : shown(value);
  throw new InvalidOption(`The option ${name} of the volume driver ${driver} cannot be ${what}: ${expected(option)}.`);
}

function readAs(type: keyof OptionTypes, value: unknown): unknown {
  try {
    return readers[type](value);
  } catch {
    // The value throws when it is inspected or converted to text.
    return undefined;
  }
}

function expected({ type, choices, min, max }: DriverOption): string {
  if (choices !== undefined) return `one of ${choices.map((choice) => choice || "''").join(', ')} is expected`;
  const range = [min === undefined ? '' : ` from ${min}`, max === undefined ? '' : ` to ${max}`].join('');
  return `${type === 'integer' ? 'an' : 'a'} ${type}${range} is expected`;
}

/** Each returns undefined for values that it cannot read. */
const readers: { readonly [T in keyof OptionTypes]: (value: unknown) => OptionTypes[T] | undefined } = {
  string: (value) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined),
  integer: (value) => whole(value),
  float: (value) => number(value),
  port: (value) => inPorts(whole(value)),
  boolean: (value) => truth.get(String(value).toLowerCase()),
  list: (value) => {
    const items = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value;
    if (!Array.isArray(items) || !items.every((item) => typeof item === 'string')) return undefined;
    return items.filter((item) => item !== '');
  },
};

/** The words accepted in Cinder's configuration files. */
const truth: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'on', 'yes'].map((word): [string, boolean] => [word, true]),
  ...['false', '0', 'off', 'no'].map((word): [string, boolean] => [word, false]),
]);

function number(value: unknown): number | undefined {
  const read = typeof value === 'string' && /^\s*[+-]?\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : value;
  return typeof read === 'number' && Number.isFinite(read) ? read : undefined;
}

function whole(value: unknown): number | undefined {
  const read = number(value);
  return Number.isSafeInteger(read) ? read : undefined;
}

function inPorts(port: number | undefined): number | undefined {
  return port !== undefined && port >= 0 && port <= 65_535 ? port : undefined;
}
