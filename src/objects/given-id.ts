/** Ids that the caller gives: a new object must not take the place of one that is stored. */
import { DuplicateEntry } from '../errors/index.ts';

/** @throws DuplicateEntry when `stored` holds anything. */
export function refuseTaken(what: string, id: string, stored: readonly unknown[]): void {
  if (stored.length > 0) throw new DuplicateEntry(`${what} ${id} exists already. Give another id, or none.`);
}
