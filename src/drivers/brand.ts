/** In the global symbol registry, so that volume drivers of every copy of this library carry it. */
export const driverBrand: unique symbol = Symbol.for('cinderlib-wasm.volume-driver');
