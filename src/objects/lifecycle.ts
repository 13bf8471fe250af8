/** The steps that every operation shares: taking a driver's answer, and saying what an error was about. */
import { entriesOf, isDict } from '../cinder/dict.ts';
import { pythonStr } from '../cinder/python-str.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { ValueError } from '../errors/index.ts';
import { kindOf, shown } from '../shown.ts';

/**
 * Sets the fields that a driver answered with, one after the other.
 * Names that are no fields are passed over, as the original does: drivers answer with more than Cinder stores.
 *
 * @throws ValueError for another id, under which nobody would find the object, or would find another.
 * @returns Whether there was anything to set.
 */
export function applyModelUpdate(ovo: VersionedObject, modelUpdate: unknown): boolean {
  if (!isDict(modelUpdate)) return false;
  const fields = entriesOf(modelUpdate).filter(([name]) => ovo.model.index.has(name));
  const other = fields.find(([name, value]) => name === 'id' && value !== ovo.get('id'));
  if (other !== undefined) {
    throw new ValueError(
      `The driver answered with another id for ${ovo.model.name} ${ovo.get('id')}, which keeps its own.`,
    );
  }
  for (const [name, value] of fields) ovo.set(name, value);
  return fields.length > 0;
}

/** What else went wrong after an operation had failed. */
interface Aftermath {
  /** The error of the storage, when the new status of the object could not be stored either. */
  readonly not_saved?: unknown;
  /** The error of what was to be undone and could not. */
  readonly not_undone?: unknown;
}

/**
 * Marks an error with the object that the failed operation was about, as `error.resource`. What failed
 * after it is kept beside it, as `error.not_saved` and `error.not_undone`: the first error is the reason.
 */
export function failing(error: unknown, resource: object, aftermath: Aftermath = {}): Error {
  // Drivers may throw anything; what cannot carry a mark becomes the cause of what can.
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
    // A proxy that does not tell.
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

/** Runs what undoes a step after an error, and gives the error to throw. */
export async function undone(error: unknown, resource: object, undo: () => Promise<unknown>): Promise<Error> {
  try {
    await undo();
    return failing(error, resource);
  } catch (not_undone) {
    return failing(error, resource, { not_undone });
  }
}

/** Refuses what is no size before a driver sees it. */
export function checkSize(size: number): void {
  if (Number.isSafeInteger(size) && size >= 0) return;
  throw new ValueError(`A size is a whole number of GiB, not ${shown(size)}.`);
}

/** An object with a lifecycle: a volume or a snapshot. */
interface Living {
  status: string | null;
  save(): Promise<void>;
}

/** Stores the status of a failure, and gives the error to throw. */
export async function failed(object: Living, status: string, error: unknown): Promise<Error> {
  object.status = status;
  try {
    await object.save();
    return failing(error, object);
  } catch (not_saved) {
    return failing(error, object, { not_saved });
  }
}

/** Stores an object after a step that worked; a failure names the object. */
export async function saveAfter(object: Living): Promise<void> {
  try {
    await object.save();
  } catch (error) {
    throw failing(error, object);
  }
}
