/** The root of every error that a user can cause. */

/** In the registry of all realms: it marks errors of every copy of this library. */
const brand: unique symbol = Symbol.for('cinderlib-wasm.error');

/**
 * An error of this library. `name` and `code` are stable; `message` says what was wrong, with the value,
 * and what to do. It never holds a password.
 */
export abstract class CinderlibError extends Error {
  abstract override readonly name: string;
  /** The name in capitals, for `switch` statements and logs. */
  abstract readonly code: string;
  /** The volume, snapshot or connection that the failed operation was about, where there is one. */
  declare resource?: unknown;
  /** The error of the storage, where what became of {@link resource} could not be stored either. */
  declare not_saved?: unknown;
  /** The error of undoing what was half done, where that failed too. */
  declare not_undone?: unknown;
  /** What was being read or stored when it failed, such as `volume <id>`, where many are at once. */
  declare item?: string;

  get [brand](): true {
    return true;
  }
}

/** Tells an error of this library, also one that comes from another realm or another copy of it. */
export function isCinderlibError(value: unknown): value is CinderlibError {
  return value instanceof Error && Reflect.get(value, brand) === true;
}
