/** How Cinder finds the volumes of a backend: by the text of their `host`. */
import { type Condition, none } from './condition.ts';
import { type Dialect, exactText } from './dialect.ts';

/**
 * The condition that cinderlib's filter by backend comes to.
 *
 * It is the original's in all its consequences: a host without a pool is never found, nor anything by a
 * name that contains `#`; `_` and `%` are wildcards, SQLite's LIKE ignores the case of ASCII letters, and to the
 * servers' one `\\` makes the character after it an ordinary one.
 */
export function backendCondition(dialect: Dialect, backendName: string): Condition {
  if (!backendName.isWellFormed()) return none;
  const text = exactText(dialect);
  const host = `%@${backendName}`;
  if (backendName.includes('#')) return { sql: `host = ${text}`, parameters: [host] };
  return { sql: `(host = ${text} OR host LIKE ${text})`, parameters: [host, `${host}#%`] };
}
