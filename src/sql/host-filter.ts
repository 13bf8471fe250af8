/** How Cinder finds the volumes of a backend: by the text of their `host`. */
import type { Condition } from './condition.ts';

/**
 * The condition that cinderlib's filter by backend comes to.
 *
 * It is the original's in all its consequences: a host without a pool is never found, nor anything by a
 * name that contains `#`; `_` and `%` are wildcards, and SQLite's LIKE ignores the case of ASCII letters.
 */
export function backendCondition(backendName: string): Condition {
  const host = `%@${backendName}`;
  if (backendName.includes('#')) return { sql: 'host = ?', parameters: [host] };
  return { sql: '(host = ? OR host LIKE ?)', parameters: [host, `${host}#%`] };
}
