/** What servers cannot store: MySQL no fractions of seconds, and no emoji in Cinder's columns; PostgreSQL no NUL. */
import type { StorageLimits } from 'cinderlib-wasm/testing';
import type { ServerKind } from './servers.ts';

export function limitsOf(kind: ServerKind): StorageLimits {
  if (kind === 'postgresql') return { refusedCharacters: /\0/g };
  return { wholeSeconds: true, refusedCharacters: /[\u{10000}-\u{10ffff}]/gu };
}
