/** The names of members' locks and of a database's channel. The lock that the leader holds is named by `media`. */
import type { MemberId } from './protocol.ts';

/** Held for as long as the member lives; others wait for its release. */
export function aliveLock(member: MemberId): string {
  return `cinderlib-wasm member ${member}`;
}

/** @param lock the name of the database's lock */
export function channelName(lock: string): string {
  return `${lock} tabs`;
}
