/** Compares times in whatever form they are: the internal one, or the text of a column. The zone makes no difference. */
import { fromSqlTime, toSqlTime } from './time.ts';

/** Compares times as times: a missing fraction and trailing zeros make no difference. */
export function compareTimes(a: string, b: string): number {
  const [left, right] = [withMicroseconds(a), withMicroseconds(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Whether two times are equal, or one is the other without its fraction: some databases keep whole seconds. */
export function isSameMoment(a: string, b: string): boolean {
  const [left, right] = [withMicroseconds(a), withMicroseconds(b)];
  if (left === right) return true;
  return left.slice(0, 19) === right.slice(0, 19) && [left, right].some((time) => time.endsWith('.000000'));
}

const usual = /^.{10} .{8}\.\d{6}$/;

function withMicroseconds(time: string): string {
  const padded = (time.length === 19 ? `${time}.` : time).slice(0, 26).padEnd(26, '0').replace('T', ' ');
  if (usual.test(padded)) return padded;
  // Another program may have written a time in its own format.
  try {
    return toSqlTime(fromSqlTime(time));
  } catch {
    // What is not a time equals nothing else.
    return padded;
  }
}
