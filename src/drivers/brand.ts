/** In the registry of all realms: it marks volume drivers of every copy of this library. */
export const brand: unique symbol = Symbol.for('cinderlib-wasm.volume-driver');
