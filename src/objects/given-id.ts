/** Ids that the caller gives: a new object must not take the place of one that is stored, or is being made. */
import { DuplicateEntry } from '../errors/index.ts';
import type { Backend } from './backend.ts';

/** @throws DuplicateEntry when `stored` holds anything. */
export function refuseTaken(what: string, id: string, stored: readonly unknown[]): void {
  if (stored.length > 0) throw new DuplicateEntry(`${what} ${id} exists already. Give another id, or none.`);
}

/**
 * Makes a snapshot or connection, which has an id that the caller gave. Of two calls at the same time one gets it.
 *
 * @param stored What is stored with that id.
 */
export async function makeWithId<T>(
  { context, idsInFlight }: Backend,
  what: 'Snapshot' | 'Connection',
  id: string,
  stored: () => Promise<readonly unknown[]>,
  make: () => Promise<T>,
): Promise<T> {
  const name = `${what} ${id}`;
  for (const { idsInFlight: others } of context.backends.values()) {
    refuseTaken(what, id, others.has(name) ? [id] : []);
  }
  idsInFlight.add(name);
  try {
    refuseTaken(what, id, await stored());
    return await make();
  } finally {
    idsInFlight.delete(name);
  }
}
