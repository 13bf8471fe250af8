/** A key and its text, which a program may keep beside its volumes. */
import { pythonStr } from '../cinder/python-str.ts';
import { InvalidOption, ValueError } from '../errors/index.ts';
import { readable } from '../given.ts';
import { inspect } from '../inspect.ts';
import { kindOf, shownText } from '../shown.ts';
import { refuseNewProperties } from './assignments.ts';

/**
 * A key and its text, which a program may keep beside its volumes: a row of cinderlib's table
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
  /** Unique. Any text. */
  readonly key: string;
  /** Null where the table has NULL. */
  value: string | null;

  constructor(key: string, value: string | null) {
    this.key = key;
    this.value = value;
    refuseNewProperties(this, KeyValue, new.target);
  }

  /** What Node, Deno and Bun print: not the value, which may be a secret. */
  [inspect](): string {
    return `<KeyValue ${this.key}>`;
  }
}

/** The key and the text to store: numbers are stored as their text, as by the original. Throws `ValueError` for others. */
export function storableKeyValue(given: KeyValue): { readonly key: string; readonly value: string | null } {
  const { key, value } = parts('setKeyValue() takes a KeyValue', given);
  if (typeof key !== 'string') throw new ValueError(`A key is a text, not ${kindOf(key)}.`);
  return { key, value: storableValue(key, value) };
}

/** The key of what `deleteKeyValue` is given. Throws `InvalidOption` for what is neither a key nor a key-value. */
export function keyOf(given: KeyValue | string): string {
  if (typeof given === 'string') return given;
  const expected = 'deleteKeyValue() takes a key or a KeyValue';
  const { key } = parts(expected, given);
  if (typeof key === 'string') return key;
  throw new InvalidOption(`${expected}, not one whose key is ${kindOf(key)}.`);
}

function parts(expected: string, given: unknown): { readonly key: unknown; readonly value: unknown } {
  if (typeof given !== 'object' || given === null) throw new InvalidOption(`${expected}, not ${kindOf(given)}.`);
  return readable(expected, given, () => ({ key: Reflect.get(given, 'key'), value: Reflect.get(given, 'value') }));
}

/** The declared type is what callers should give; what they give at run time may be anything. */
function storableValue(key: string, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return pythonStr(value);
  throw new ValueError(
    `The value of the key ${shownText(key)} is a text or null, not ${kindOf(value)}. JSON.stringify() it.`,
  );
}
