/** Has a driver create something and stores it. What cannot be stored is deleted again: nothing else would know of it. */
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { isCinderlibError } from '../errors/index.ts';
import { type HasStatus, markFailed, withResource } from './failed-operation.ts';
import { applyModelUpdate } from './model-update.ts';

/** A new volume or snapshot, and how it comes into being. */
interface Creation {
  readonly object: HasStatus & { readonly ovo: VersionedObject };
  /** Has the driver create it; returns the driver's answer. */
  make(): unknown;
  /** Stores it for the first time. */
  save(): Promise<void>;
  /** Reads what is stored under its id. */
  stored(): Promise<readonly unknown[]>;
  /** Has the driver delete it. */
  undo(): unknown;
}

/**
 * Creates the object and stores it, as `available` unless the driver's answer says otherwise.
 *
 * @throws What the driver threw, or what refused its answer, after the object was stored with status `error`; else what
 *   refused to store it. It is then deleted again, unless it may be stored all the same: `error.not_saved` says so.
 */
export async function createAndStore(creation: Creation): Promise<void> {
  const { object } = creation;
  const modelUpdate = await made(creation);
  const refused = refusedAnswer(creation, modelUpdate);
  try {
    await creation.save();
  } catch (refusal) {
    const { error } = refused ?? { error: refusal };
    if (await mayBeStored(refusal, creation)) throw withResource(error, object, { not_saved: refusal });
    throw await undone(error, creation);
  }
  if (refused !== null) throw withResource(refused.error, object);
}

async function made({ object, make, save }: Creation): Promise<unknown> {
  try {
    return await make();
  } catch (error) {
    throw await markFailed(object, 'error', error, save);
  }
}

/** Applies the driver's answer; returns the error if it cannot be used. */
function refusedAnswer({ object }: Creation, modelUpdate: unknown): { readonly error: unknown } | null {
  try {
    object.status = 'available';
    applyModelUpdate(object.ovo, modelUpdate);
    return null;
  } catch (error) {
    object.status = 'error';
    return { error };
  }
}

/** Has the driver delete what could not be stored, and returns the error to throw. */
async function undone(error: unknown, { object, undo, save }: Creation): Promise<Error> {
  object.status = 'error';
  try {
    await undo();
    return withResource(error, object);
  } catch (not_undone) {
    // It is still there. The storage may take it now, for instance if the disk is no longer full.
    return withResource(await markFailed(object, 'error', error, save), object, { not_undone });
  }
}

/**
 * Whether the object may be stored although storing it failed. What the driver has created must then stay: a stored
 * volume whose data is gone is worse than data that is not recorded.
 */
async function mayBeStored(refusal: unknown, { stored }: Creation): Promise<boolean> {
  const isOurs = isCinderlibError(refusal);
  if (isOurs && refusal.code === 'OUTCOME_UNKNOWN') return true;
  try {
    return (await stored()).length > 0;
  } catch {
    // The library's own errors say that nothing was stored. Those of a plugin may mean anything.
    return !isOurs;
  }
}
