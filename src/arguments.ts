/**
 * Checks the arguments of public methods before they are used. Unknown options are refused, since a mistake in an
 * ignored option would go unnoticed. The caller's objects are read only once, here, since any access may throw.
 */
import { dict, entriesOf, isDict } from './cinder/dict.ts';
import { VersionedObject } from './cinder/versioned-object.ts';
import { type CinderlibError, InvalidOption, isCinderlibError } from './errors/index.ts';
import { didYouMean } from './near-name.ts';
import { kindOf, shownPlain } from './shown.ts';

type Given = Readonly<Record<string, unknown>>;

/**
 * The own properties of a plain object.
 *
 * @param expected What was expected, such as `createVolume() takes an object with fields`.
 * @param Refusal The error for anything else: `ValueError` if the object itself is a value to be stored.
 * @throws InvalidOption for an object that cannot be read.
 */
export function objectArgument(
  expected: string,
  given: unknown,
  Refusal: new (message: string) => CinderlibError = InvalidOption,
): Given {
  const entries = readArgument(expected, given, () => (isDict(given) ? entriesOf(given) : null));
  if (entries === null) throw new Refusal(`${expected}, not ${kindOf(given)}.`);
  return dict(entries);
}

/**
 * The fields of a new object. An undefined field counts as absent.
 *
 * @param decided The fields that the method sets itself: another value would be lost.
 */
export function fieldsArgument(expected: string, given: unknown, decided: Given = {}): Given {
  const fields = dict(entriesOf(objectArgument(expected, given)).filter(([, value]) => value !== undefined));
  const lost = Object.keys(decided).find((name) => Object.hasOwn(fields, name) && fields[name] !== decided[name]);
  if (lost === undefined) return fields;
  throw new InvalidOption(`${expected}; it sets ${lost} itself.`);
}

/** The options of a method. Throws `InvalidOption` for an unknown one, unless it is undefined, suggesting the most similar name. */
export function optionsArgument(method: string, given: unknown, known: readonly string[]): Given {
  const options = objectArgument(`${method}() takes an object with ${listed(known)}`, given);
  const unknown = Object.keys(options).find((name) => options[name] !== undefined && !known.includes(name));
  if (unknown === undefined) return options;
  throw new InvalidOption(
    `${method}() has no option ${shownPlain(unknown)}.${didYouMean(unknown, known)} It takes: ${known.join(', ')}.`,
  );
}

/** The boolean options of a method, with `defaults` for those that are absent. */
export function booleanOptions<K extends string>(
  method: string,
  given: unknown,
  defaults: Readonly<Record<K, boolean>>,
): Readonly<Record<K, boolean>> {
  const options = optionsArgument(method, given, Object.keys(defaults));
  const wrong = Object.entries(options).find(([, value]) => value !== undefined && typeof value !== 'boolean');
  if (wrong !== undefined) {
    const [name, value] = wrong;
    throw new InvalidOption(`${method}(): the option ${name} must be true or false, not ${kindOf(value)}.`);
  }
  const chosen = Object.entries(options).filter(([, value]) => value !== undefined);
  // By now, only names from `defaults` with boolean values are left.
  return { ...defaults, ...(Object.fromEntries(chosen) as Partial<Record<K, boolean>>) };
}

/** The filters of a getter: strings; null and undefined do not filter. */
export function filterArgument<K extends string>(
  method: string,
  given: unknown,
  known: readonly K[],
): Readonly<Partial<Record<K, string>>> {
  const filters = Object.entries(optionsArgument(method, given, known)).filter(([, value]) => value != null);
  for (const [name, value] of filters) {
    if (typeof value !== 'string')
      throw new InvalidOption(`${method}(): ${name} must be a string, not ${kindOf(value)}.`);
  }
  // By now, only known names with strings are left.
  return Object.fromEntries(filters) as Partial<Record<K, string>>;
}

/** The key to look for; null if none was given. */
export function keyArgument(method: string, key: unknown): string | null {
  if (typeof key === 'string') return key;
  if (key === null || key === undefined) return null;
  throw new InvalidOption(`${method}() takes a string, not ${kindOf(key)}.`);
}

/** The id or name to look for, which is required. */
export function textArgument(method: string, id: unknown): string {
  if (typeof id === 'string') return id;
  throw new InvalidOption(`${method}() takes a string, not ${kindOf(id)}.`);
}

/** The public class names of models. */
const classNames = { Volume: 'Volume', Snapshot: 'Snapshot', VolumeAttachment: 'Connection' } as const;

/** Refuses anything but objects of the named models. */
export function requireModel(method: string, given: unknown, ...models: readonly (keyof typeof classNames)[]): void {
  const expected = `${method}() takes a ${models.map((model) => classNames[model]).join(', ')}`;
  const model = readArgument(expected, given, () => modelOf(given));
  if (models.some((one) => one === model)) return;
  throw new InvalidOption(`${expected}, not ${model === null ? kindOf(given) : `a ${model}`}.`);
}

/** The items of a list. */
export function listArgument<T>(method: string, given: readonly T[]): readonly T[] {
  const expected = `${method}() takes a list`;
  const items = readArgument(expected, given, () => (Array.isArray(given) ? [...given] : null));
  if (items === null) throw new InvalidOption(`${expected}, not ${kindOf(given)}.`);
  return items;
}

/** The result of `read`. An error thrown by the caller's object becomes the cause of an `InvalidOption`. */
export function readArgument<T>(expected: string, given: unknown, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (isCinderlibError(cause)) throw cause;
    throw new InvalidOption(`${expected}; the given ${typeof given} cannot be read.`, { cause });
  }
}

/** The model of one of the objects that a storage has a setter for; null for anything else. */
export function modelOf(given: unknown): string | null {
  const ovo: unknown = typeof given === 'object' && given !== null ? Reflect.get(given, 'ovo') : null;
  return VersionedObject.is(ovo) ? ovo.model.name : null;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
