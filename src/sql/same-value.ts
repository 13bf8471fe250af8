/** Whether a stored value already is what an object shows, so that writing it would change nothing. */
import { fromSqlTime, toSqlTime } from '../cinder/time.ts';
import type { SqlValue } from '../rpc/contract.ts';
import type { ColumnKind } from './schema/columns.ts';

export function sameValue(kind: ColumnKind | undefined, stored: SqlValue, value: SqlValue): boolean {
  // The original reads a size of NULL as 0.
  if (kind === 'integer' && stored === null && value !== null) return Number(value) === 0;
  if (stored === null || value === null) return stored === value;
  if (kind === 'boolean') return Boolean(stored) === Boolean(value);
  if (kind === 'time') return compareTimes(String(stored), String(value)) === 0;
  return String(stored) === String(value);
}

/** Compares times as times: a missing fraction and trailing zeros make no difference. */
export function compareTimes(a: string, b: string): number {
  const [left, right] = [withMicroseconds(a), withMicroseconds(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Whether a stored time is the given one, or that one without its fraction: some databases keep whole seconds. */
export function isSameMoment(given: string, stored: string): boolean {
  const [wanted, kept] = [withMicroseconds(given), withMicroseconds(stored)];
  return wanted === kept || (kept.endsWith('.000000') && wanted.slice(0, 19) === kept.slice(0, 19));
}

function withMicroseconds(time: string): string {
  const padded = (time.length === 19 ? `${time}.` : time).padEnd(26, '0').replace('T', ' ');
  if (padded.length === 26 && padded[19] === '.') return padded;
  // Another program may have written a time in its own format.
  try {
    return toSqlTime(fromSqlTime(time));
  } catch {
    // What is not a time equals nothing else.
    return padded;
  }
}

/** Whether a column of a connection says the same, but for an access mode that was filled in: every such object gets one. */
export function sameConnection(column: string, stored: SqlValue, value: SqlValue): boolean {
  if (column === 'attach_mode') return (stored ?? 'rw') === (value ?? 'rw');
  return column === 'connection_info' && withoutMode(stored) === withoutMode(value);
}

function withoutMode(info: SqlValue): string {
  return String(info ?? '').replace(/, "access_mode": "rw"|"access_mode": "rw"(?:, )?/, '');
}
