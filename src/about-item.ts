/** Names the object that an error is about, in operations on many objects. */
import { isCinderlibError } from './errors/index.ts';

/** Sets `error.item`, unless it is already set, and returns the error. */
export function aboutItem(error: unknown, item: string): unknown {
  if (isCinderlibError(error)) error.item ??= item;
  return error;
}
