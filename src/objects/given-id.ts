/** Ids chosen by the caller: a new object must not replace one that is stored or being created. */
import { DuplicateEntry } from '../errors/index.ts';
import type { Backend } from './backend.ts';

/** @throws DuplicateEntry when the id is taken. */
export function refuseTaken(what: string, id: string, isTaken: boolean): void {
  if (isTaken) throw new DuplicateEntry(`${what} ${id} already exists. Pass another id, or none.`);
}

/**
 * Creates a snapshot or connection with an id chosen by the caller. Of two concurrent calls only one gets the id.
 *
 * @param stored Reads what is stored under that id.
 */
export async function makeWithId<T>(
  { context, idsInFlight }: Backend,
  what: 'Snapshot' | 'Connection',
  id: string,
  stored: () => Promise<readonly unknown[]>,
  make: () => Promise<T>,
): Promise<T> {
  const name = `${what} ${id}`;
  for (const { idsInFlight: others } of context.backends.values()) refuseTaken(what, id, others.has(name));
  idsInFlight.add(name);
  try {
    refuseTaken(what, id, (await stored()).length > 0);
    return await make();
  } finally {
    idsInFlight.delete(name);
  }
}
