/** In the registry of all realms: it marks storages of every copy of this library. */
export const brand: unique symbol = Symbol.for('cinderlib-wasm.persistence');

/** Whether it is a storage, or a class of them, of this copy of the library or of another. */
export function isStorage(value: unknown): boolean {
  const instance: unknown = typeof value === 'function' ? value.prototype : value;
  return typeof instance === 'object' && instance !== null && Reflect.get(instance, brand) === true;
}
