/** Names the object that an error is about, where many are read or stored at once. */
import { isCinderlibError } from './errors/index.ts';

/** Says of an error which object it is about, unless it was said before; gives the error back. */
export function aboutItem(error: unknown, item: string): unknown {
  if (isCinderlibError(error)) error.item ??= item;
  return error;
}
