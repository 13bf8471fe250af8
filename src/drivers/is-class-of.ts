/** Tells classes from other values, such as arrow functions and instances. */

/** Whether the value is a class with such a prototype. False for a proxy that throws when inspected. */
export function isClassOf(value: unknown, isMeant: (prototype: object) => boolean): boolean {
  try {
    const prototype: unknown = typeof value === 'function' ? value.prototype : null;
    return typeof prototype === 'object' && prototype !== null && isMeant(prototype);
  } catch {
    return false;
  }
}
