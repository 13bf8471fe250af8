/** Key-values, which a program may store beside its volumes. */
import { readArgument } from '../arguments.ts';
import { refuseNewProperties } from '../assignments.ts';
import { pythonStr } from '../cinder/python-str.ts';
import { InvalidOption, ValueError } from '../errors/index.ts';
import { inspect } from '../inspect.ts';
import { kindOf, shownText } from '../shown.ts';

/**
 * A key and its value, which a program may store beside its volumes: a row of cinderlib's table
 * `cinderlib_persistence_key_value`.
 *
 * @example
 * ```ts
 * await cl.persistence.setKeyValue(new KeyValue('seen', JSON.stringify([1, 2])));
 * const [found] = await cl.persistence.getKeyValues('seen');
 * await cl.persistence.deleteKeyValue('seen');
 * ```
 */
export class KeyValue {
  /** The key, any string; unique. */
  readonly key: string;
  /** The value, any string; null for SQL's NULL. */
  value: string | null;

  constructor(key: string, value: string | null) {
    this.key = key;
    this.value = value;
    refuseNewProperties(this, KeyValue, new.target);
  }

  /** The text that Node, Deno and Bun print; without the value, which may be a secret. */
  [inspect](): string {
    return `<KeyValue ${this.key}>`;
  }
}

/** The key and the text to store. Numbers are stored as text, as in the original; other values throw `ValueError`. */
export function storableKeyValue(given: KeyValue): { readonly key: string; readonly value: string | null } {
  const expected = 'setKeyValue() takes a KeyValue';
  const { key, value, isComplete } = parts(expected, given);
  if (!isComplete) throw new InvalidOption(`${expected}, not an object without a value.`);
  if (typeof key !== 'string') throw new ValueError(`A key must be a string, not ${kindOf(key)}.`);
  return { key, value: storableValue(key, value) };
}

/** The key passed to `deleteKeyValue`, alone or in a key-value. Throws `InvalidOption` for anything else. */
export function keyOf(given: KeyValue | string): string {
  if (typeof given === 'string') return given;
  const expected = 'deleteKeyValue() takes a key or a KeyValue';
  const { key } = parts(expected, given);
  if (typeof key === 'string') return key;
  throw new InvalidOption(`${expected}, not one whose key is ${kindOf(key)}.`);
}

interface Parts {
  readonly key: unknown;
  readonly value: unknown;
  /** Whether there is a value at all: a misspelt one must not be stored as null. */
  readonly isComplete: boolean;
}

function parts(expected: string, given: unknown): Parts {
  if (typeof given !== 'object' || given === null) throw new InvalidOption(`${expected}, not ${kindOf(given)}.`);
  const get = (name: string): unknown => Reflect.get(given, name);
  return readArgument(expected, given, () => ({ key: get('key'), value: get('value'), isComplete: 'value' in given }));
}

/** Callers should pass the declared type, but at run time the value may be anything. */
function storableValue(key: string, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return pythonStr(value);
  throw new ValueError(
    `The value of the key ${shownText(key)} must be a string or null, not ${kindOf(value)}. JSON.stringify() it.`,
  );
}
