/** In the global symbol registry, so that storages of every copy of this library carry it. */
export const storageBrand: unique symbol = Symbol.for('cinderlib-wasm.persistence');

/** Whether a value is a storage or a storage class, of this copy of the library or another. */
export function isStorage(value: unknown): boolean {
  const instance: unknown = typeof value === 'function' ? value.prototype : value;
  return typeof instance === 'object' && instance !== null && Reflect.get(instance, storageBrand) === true;
}
