/** What is done after a step of an operation has failed, and how the error tells which object it is about. */
import { pythonStr } from '../cinder/python-str.ts';
import { kindOf } from '../shown.ts';

/** What else went wrong, or was left, after an operation failed. */
interface Aftermath {
  /** The storage's error, if the object's new state could not be stored, or may not have been. */
  readonly not_saved?: unknown;
  /** The error of the rollback, if that failed too. */
  readonly not_undone?: unknown;
}

/**
 * Attaches the object whose operation failed to the error, as `error.resource`. Subsequent failures are attached too,
 * as `error.not_saved` and `error.not_undone`: the first error is the cause.
 */
export function withResource(error: unknown, resource: object, aftermath: Aftermath = {}): Error {
  // Drivers may throw anything: a value that cannot be extended becomes the cause of an error that can.
  const result = canBeMarked(error) ? error : new Error(textOf(error), { cause: error });
  for (const [name, value] of Object.entries({ resource, ...aftermath })) {
    Object.defineProperty(result, name, { value, configurable: true, writable: true, enumerable: false });
  }
  return result;
}

function canBeMarked(error: unknown): error is Error {
  try {
    const isFixed = Object.getOwnPropertyDescriptor(error, 'resource')?.configurable === false;
    return error instanceof Error && Object.isExtensible(error) && !isFixed;
  } catch {
    // A proxy whose traps throw.
    return false;
  }
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : pythonStr(error);
  } catch {
    return `The driver threw ${kindOf(error)}.`;
  }
}

/** Undoes a step after an error, and returns the error to throw. */
export async function undoAfter(error: unknown, resource: object, undo: () => Promise<unknown>): Promise<Error> {
  try {
    await undo();
    return withResource(error, resource);
  } catch (not_undone) {
    return withResource(error, resource, { not_undone });
  }
}

/** An object with a lifecycle: a volume or a snapshot. */
export interface HasStatus {
  status: string | null;
  save(): Promise<void>;
}

/** Stores the status that marks a failure, and returns the error to throw. */
export async function markFailed(
  object: HasStatus,
  status: string,
  error: unknown,
  save: () => Promise<void> = () => object.save(),
): Promise<Error> {
  object.status = status;
  try {
    await save();
    return withResource(error, object);
  } catch (not_saved) {
    return withResource(error, object, { not_saved });
  }
}

/**
 * Stores an object after a step that cannot be undone. If that fails, the error names the object, which holds what is
 * not stored.
 */
export async function saveAfter(object: HasStatus): Promise<void> {
  try {
    await object.save();
  } catch (error) {
    throw withResource(error, object, { not_saved: error });
  }
}
