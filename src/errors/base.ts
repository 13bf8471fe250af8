/** The base class of all errors that users can cause. */

/** In the global symbol registry, so that errors of every copy of this library, in every realm, carry it. */
const errorBrand: unique symbol = Symbol.for('cinderlib-wasm.error');

/**
 * The base class of this library's errors. `name` and `code` are stable; `message` says what was wrong, with the
 * value, and what to do about it. It never contains a password.
 */
export abstract class CinderlibError extends Error {
  abstract override readonly name: string;
  /** The name in upper snake case, for `switch` statements and logs. */
  abstract readonly code: string;
  /** The volume, snapshot or connection whose operation failed, if any. */
  declare resource?: unknown;
  /** The storage's error, if the resulting state of {@link resource} could not be stored, or may not have been. */
  declare not_saved?: unknown;
  /** The error of the rollback, if undoing the half-done operation failed too: what it did is still there. */
  declare not_undone?: unknown;
  /** In an operation on many objects: the one being read or stored when it failed, such as `volume <id>`. */
  declare item?: string;

  get [errorBrand](): true {
    return true;
  }
}

/** Whether a value is an error of this library, including errors from another realm or another copy of it. */
export function isCinderlibError(value: unknown): value is CinderlibError {
  return value instanceof Error && Reflect.get(value, errorBrand) === true;
}
