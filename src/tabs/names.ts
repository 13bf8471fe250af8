/** What the locks and the channel of a database are called: the same in every version of the library. */
import type { MemberId } from './protocol.ts';

/** Who holds it leads: nobody else has the database open for writing. */
export function leaderLock(database: string): string {
  return `cinderlib-wasm leader of ${database}`;
}

/** Held for as long as the member lives; others wait for its end. */
export function aliveLock(member: MemberId): string {
  return `cinderlib-wasm member ${member}`;
}

export function channelName(database: string): string {
  return `cinderlib-wasm ${database}`;
}
