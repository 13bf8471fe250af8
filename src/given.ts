/**
 * What callers give to methods: checked before anything is done with it. An option that is ignored is a wrong
 * one that nobody notices, and an object of theirs may throw whenever it is looked at: so it is read once, here.
 */
import { dict, entriesOf, isDict } from './cinder/dict.ts';
import { VersionedObject } from './cinder/versioned-object.ts';
import { type CinderlibError, InvalidOption, isCinderlibError } from './errors/index.ts';
import { didYouMean } from './near-name.ts';
import { kindOf, shownText } from './shown.ts';

type Given = Readonly<Record<string, unknown>>;

/**
 * The own properties of a plain object that was given.
 *
 * @param expected What it should be, such as `createVolume() takes an object with fields`.
 * @param Refusal The error for anything else: `ValueError` where the object is itself a value to be stored.
 * @throws InvalidOption for what cannot be read.
 */
export function givenObject(
  expected: string,
  given: unknown,
  Refusal: new (message: string) => CinderlibError = InvalidOption,
): Given {
  const entries = readable(expected, given, () => (isDict(given) ? entriesOf(given) : null));
  if (entries === null) throw new Refusal(`${expected}, not ${kindOf(given)}.`);
  return dict(entries);
}

/** The fields that were given for something new: one that is undefined counts as left out. */
export function givenFields(expected: string, given: unknown): Given {
  return dict(entriesOf(givenObject(expected, given)).filter(([, value]) => value !== undefined));
}

/** The options of a method. Throws `InvalidOption` for an unknown one, with the nearest right name. */
export function givenOptions(method: string, given: unknown, known: readonly string[]): Given {
  const options = givenObject(`${method}() takes an object with ${listed(known)}`, given);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return options;
  throw new InvalidOption(
    `${method}() has no option ${shownName(unknown)}.${didYouMean(unknown, known)} It takes: ${known.join(', ')}.`,
  );
}

/** The switches of a method: true or false each, as `defaults` has it where one was left out. */
export function givenSwitches<K extends string>(
  method: string,
  given: unknown,
  defaults: Readonly<Record<K, boolean>>,
): Readonly<Record<K, boolean>> {
  const options = givenOptions(method, given, Object.keys(defaults));
  const wrong = Object.entries(options).find(([, value]) => value !== undefined && typeof value !== 'boolean');
  if (wrong !== undefined) {
    const [name, value] = wrong;
    throw new InvalidOption(`${method}(): the option ${name} is true or false, not ${kindOf(value)}.`);
  }
  const chosen = Object.entries(options).filter(([, value]) => value !== undefined);
  // Only names of `defaults` are left, each with a boolean.
  return { ...defaults, ...(Object.fromEntries(chosen) as Partial<Record<K, boolean>>) };
}

/** The filters of a getter: a text each, where null and undefined filter nothing. */
export function givenFilter<K extends string>(
  method: string,
  given: unknown,
  known: readonly K[],
): Readonly<Partial<Record<K, string>>> {
  const filters = Object.entries(givenOptions(method, given, known)).filter(([, value]) => value != null);
  for (const [name, value] of filters) {
    if (typeof value !== 'string') throw new InvalidOption(`${method}(): ${name} is a text, not ${kindOf(value)}.`);
  }
  // Only known names are left, each with a text.
  return Object.fromEntries(filters) as Partial<Record<K, string>>;
}

/** The key to look for; null where none was given. */
export function givenKey(method: string, key: unknown): string | null {
  if (typeof key === 'string') return key;
  if (key === null || key === undefined) return null;
  throw new InvalidOption(`${method}() takes a text, not ${kindOf(key)}.`);
}

/** The id or name to look for, which must be there. */
export function givenId(method: string, id: unknown): string {
  if (typeof id === 'string') return id;
  throw new InvalidOption(`${method}() takes a text, not ${kindOf(id)}.`);
}

/** What users call the models that have objects of their own. */
const classNames = { Volume: 'Volume', Snapshot: 'Snapshot', VolumeAttachment: 'Connection' } as const;

/** Refuses what is no volume, snapshot or connection, whichever `models` names. */
export function refuseOthers(method: string, given: unknown, ...models: readonly (keyof typeof classNames)[]): void {
  const expected = `${method}() takes a ${models.map((model) => classNames[model]).join(', ')}`;
  const model = readable(expected, given, () => modelOf(given));
  if (models.some((one) => one === model)) return;
  throw new InvalidOption(`${expected}, not ${model === null ? kindOf(given) : `a ${model}`}.`);
}

/** The items of a list that was given. */
export function givenList(method: string, given: unknown): readonly unknown[] {
  const expected = `${method}() takes a list`;
  const items = readable(expected, given, () => (Array.isArray(given) ? [...given] : null));
  if (items === null) throw new InvalidOption(`${expected}, not ${kindOf(given)}.`);
  return items;
}

/** What `read` gives. An error that the caller's own object throws becomes the cause of ours. */
export function readable<T>(expected: string, given: unknown, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (isCinderlibError(cause)) throw cause;
    throw new InvalidOption(`${expected}; the ${typeof given} that was given cannot be read.`, { cause });
  }
}

function modelOf(given: unknown): string | null {
  const ovo: unknown = typeof given === 'object' && given !== null ? Reflect.get(given, 'ovo') : null;
  return VersionedObject.is(ovo) ? ovo.model.name : null;
}

/** A name that is none may be a value that slipped in. */
function shownName(name: string): string {
  return shownText(name, (plain) => plain);
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
