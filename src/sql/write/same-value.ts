/** Whether a stored value already is what an object shows, so that writing it would change nothing. */
import { compareTimes } from '../../cinder/compare-times.ts';
import type { SqlValue } from '../../rpc/contract.ts';
import type { ColumnKind } from '../schema/columns.ts';

export function sameValue(kind: ColumnKind | undefined, stored: SqlValue, value: SqlValue): boolean {
  // The original reads a size of NULL as 0.
  if (kind === 'integer' && stored === null && value !== null) return Number(value) === 0;
  if (stored === null || value === null) return stored === value;
  if (kind === 'boolean') return Boolean(stored) === Boolean(value);
  if (kind === 'time') return compareTimes(String(stored), String(value)) === 0;
  return String(stored) === String(value);
}
