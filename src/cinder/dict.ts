/**
 * Python dicts as plain objects that remember the order of their keys.
 *
 * A JavaScript object lists integer-like keys first; a Python dict keeps insertion order, and must be printed in that
 * order. So an object with such keys carries its order in a non-enumerable symbol property. Keys such as `__proto__`
 * become ordinary own properties.
 */

export type Dict<V = unknown> = { [key: string]: V };

const keyOrder = Symbol('order of keys');

/** Whether JavaScript would move this key to the front. */
const looksLikeIndex = (key: string): boolean => /^(?:0|[1-9]\d{0,9})$/.test(key);

/** A dict with these entries in this order. Of equal keys, the last value wins, in the first position. */
export function dict<V>(entries: Iterable<readonly [string, V]>): Dict<V> {
  const result: Dict<V> = {};
  const order = new Set<string>();
  let reordered = false;
  for (const [key, value] of entries) {
    order.add(key);
    reordered ||= looksLikeIndex(key);
    if (key === '__proto__') {
      Object.defineProperty(result, key, { value, writable: true, enumerable: true, configurable: true });
    } else result[key] = value;
  }
  if (reordered) Object.defineProperty(result, keyOrder, { value: [...order] });
  return result;
}

/** The own keys of a dict, in insertion order as far as that is known. */
export function keysOf(dictionary: object): string[] {
  const keys = Object.keys(dictionary);
  const order: unknown = Reflect.get(dictionary, keyOrder);
  if (!Array.isArray(order)) return keys;
  const present = new Set(keys);
  const known = order.filter((key): key is string => present.delete(key));
  return [...known, ...present];
}

/** The own entries of a dict, in the order of {@link keysOf}. */
export function entriesOf<V>(dictionary: Dict<V>): [string, V][] {
  // `keysOf` returns own properties, so each has a value.
  return keysOf(dictionary).map((key) => [key, dictionary[key] as V]);
}

/** An own property; what an object inherits is never data. */
export function own(dictionary: object, key: string): unknown {
  return Object.hasOwn(dictionary, key) ? Reflect.get(dictionary, key) : undefined;
}

/** Whether a value is a plain object, which can serve as a dict: not an array, null or class instance. */
export function isDict(value: unknown): value is Dict {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}
