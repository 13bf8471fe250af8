/** How Cinder finds the volumes of a backend: by the text of their `host`. */
import { type Condition, none } from '../condition.ts';
import { type Dialect, exactText } from '../dialect.ts';

/**
 * The condition of cinderlib's filter by backend.
 *
 * It is the original's with all its consequences: a host without a pool is never found, nor is anything by a
 * name that contains `#`; `_` and `%` are wildcards, SQLite's LIKE ignores the case of ASCII letters, and in the
 * servers' LIKE `\` escapes the next character.
 */
export function backendCondition(dialect: Dialect, backendName: string): Condition {
  if (!backendName.isWellFormed()) return none;
  const text = exactText(dialect);
  const host = `%@${backendName}`;
  if (backendName.includes('#')) return { sql: `host = ${text}`, parameters: [host] };
  return { sql: `(host = ${text} OR host LIKE ${text})`, parameters: [host, `${host}#%`] };
}
