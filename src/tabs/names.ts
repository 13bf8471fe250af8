/** What members and the channel of a database are called. Its lock, which whoever leads holds, is named by `media`. */
import type { MemberId } from './protocol.ts';

/** Held for as long as the member lives; others wait for its end. */
export function aliveLock(member: MemberId): string {
  return `cinderlib-wasm member ${member}`;
}

/** @param lock the name of the database's lock */
export function channelName(lock: string): string {
  return `${lock} tabs`;
}
