/**
 * Python dictionaries as plain objects that remember the order of their keys.
 *
 * A JavaScript object lists keys that look like integers first; a Python dictionary keeps the order of
 * insertion, and its text must come out in that order. So an object with such keys carries its order
 * under a symbol that no listing shows. Keys such as `__proto__` become ordinary own properties.
 */

export type Dict<V = unknown> = { [key: string]: V };

const keyOrder = Symbol('order of keys');

/** Whether JavaScript would move this key to the front. */
const looksLikeIndex = (key: string): boolean => /^(?:0|[1-9]\d{0,9})$/.test(key);

/** A dictionary of these entries in this order; of equal keys the last value wins, at the first place. */
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

/** The own keys of a dictionary, in the order in which they were inserted as far as that is known. */
export function keysOf(dictionary: object): string[] {
  const keys = Object.keys(dictionary);
  const order: unknown = Reflect.get(dictionary, keyOrder);
  if (!Array.isArray(order)) return keys;
  const present = new Set(keys);
  const known = order.filter((key): key is string => present.delete(key));
  return [...known, ...present];
}

/** The own entries of a dictionary, in the order of {@link keysOf}. */
export function entriesOf<V>(dictionary: Dict<V>): [string, V][] {
  // A key of keysOf is an own property, so there is a value.
  return keysOf(dictionary).map((key) => [key, dictionary[key] as V]);
}

/** An own property; what an object inherits is never data. */
export function own(dictionary: object, key: string): unknown {
  return Object.hasOwn(dictionary, key) ? Reflect.get(dictionary, key) : undefined;
}

/** A plain object that can serve as a dictionary: no list, no null, no class instance. */
export function isDict(value: unknown): value is Dict {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}
