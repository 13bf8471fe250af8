/**
 * Times as Cinder keeps them: text with microseconds, never a `Date`, which has only milliseconds.
 *
 * The library's internal form of a time is `YYYY-MM-DDTHH:MM:SS.ffffff` followed by its zone: `Z`, or the offset that
 * the dump had, such as `+02:00`.
 */
import { ValueError } from '../errors/index.ts';
import { shownText } from '../shown.ts';
import { sqlNow } from './clock.ts';
import { pythonType, quoted } from './python-str.ts';

// What Python's iso8601 accepts: also a date only or part of one, no separators, a comma before the fraction.
const iso8601 = new RegExp(
  '^(?<year>\\d{4})' +
    '(?:(?:-(?<month>\\d{1,2})|(?<monthShort>\\d{2})(?!\\n?$))' +
    '(?:(?:-(?<day>\\d{1,2})|(?<dayShort>\\d{2}))' +
    '(?:[ T](?<hour>\\d{2})(?::?(?<minute>\\d{2}))?(?::?(?<second>\\d{1,2})(?:[.,](?<fraction>\\d+))?)?' +
    '(?<zone>Z|(?<sign>[-+])(?<zoneHour>\\d{2}):?(?<zoneMinute>\\d{2})?)?)?)?)?\\n?$',
);

const pad = (value: string | number, width = 2): string => String(value).padStart(width, '0');

/** Now, in UTC, with microseconds. */
export function utcNow(): string {
  return fromSqlTime(sqlNow());
}

/** Converts a time from a dump to the internal form; error messages are those of Python. */
export function parseTime(value: unknown): string {
  if (typeof value !== 'string') {
    throw new ValueError(`expected string or bytes-like object, got '${pythonType(value)}'`);
  }
  const parts = iso8601.exec(value)?.groups;
  if (parts === undefined) throw new ValueError(`Unable to parse date string ${shownText(value, quoted)}`);
  return checkedTime(parts, zoneName(parts));
}

/** Assembles the internal form from the parts of a time, after checking that it exists. */
function checkedTime(parts: Readonly<Record<string, string | undefined>>, zone: string): string {
  const year = Number(parts['year']);
  const month = Number(parts['month'] ?? parts['monthShort'] ?? 1);
  const day = Number(parts['day'] ?? parts['dayShort'] ?? 1);
  const hour = Number(parts['hour'] ?? 0);
  const minute = Number(parts['minute'] ?? 0);
  const second = Number(parts['second'] ?? 0);
  checkDate(year, month, day);
  if (hour > 23) throw new ValueError('hour must be in 0..23');
  if (minute > 59) throw new ValueError('minute must be in 0..59');
  if (second > 59) throw new ValueError('second must be in 0..59');
  const microseconds = (parts['fraction'] ?? '').slice(0, 6).padEnd(6, '0');
  const date = `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
  return `${date}T${pad(hour)}:${pad(minute)}:${pad(second)}.${microseconds}${zone}`;
}

function zoneName(parts: Record<string, string | undefined>): string {
  if (parts['sign'] === undefined) return 'Z';
  const hour = Number(parts['zoneHour']);
  const minute = Number(parts['zoneMinute'] ?? 0);
  const offset = (hour * 60 + minute) * (parts['sign'] === '-' ? -1 : 1);
  if (Math.abs(offset) >= 24 * 60) {
    throw new ValueError(
      'offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), ' +
        `not ${timedelta(offset)}.`,
    );
  }
  return `${parts['sign']}${pad(hour)}:${pad(minute)}`;
}

/** Python's `repr` of a time difference in minutes. */
function timedelta(minutes: number): string {
  const days = Math.floor(minutes / (24 * 60));
  const seconds = (minutes - days * 24 * 60) * 60;
  return `datetime.timedelta(days=${days}${seconds === 0 ? '' : `, seconds=${seconds}`})`;
}

function checkDate(year: number, month: number, day: number): void {
  if (year < 1) throw new ValueError(`year ${year} is out of range`);
  if (month < 1 || month > 12) throw new ValueError('month must be in 1..12');
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  if (day < 1 || day > days) throw new ValueError('day is out of range for month');
}

/** A time as text in a dump. Python on Linux prints years before 1000 without leading zeros. */
export function printTime(time: string): string {
  return time.replace(/^0{1,3}/, '');
}

/** A time as text in a SQL row: as in the original, the local digits without the zone. */
export function toSqlTime(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 26)}`;
}

// As SQLAlchemy reads it: the digits of date and time, ignoring whatever follows them.
const sqlTime =
  /^(?<year>\d{1,4})-(?<month>\d+)-(?<day>\d+)(?:[ T](?<hour>\d+):(?<minute>\d+):(?<second>\d+)(?:\.(?<fraction>\d+))?.*)?$/s;

/** The format that all Cinder versions write into SQLite, with a day that every month has: needs no further checks. */
const usualSqlTime = /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8]) (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}$/;

/** Reads a time from a SQL row as UTC, whatever zone another program may have appended. */
export function fromSqlTime(text: string): string {
  if (usualSqlTime.test(text)) return `${text.slice(0, 10)}T${text.slice(11)}Z`;
  const parts = sqlTime.exec(text)?.groups;
  if (parts === undefined) throw new ValueError(`Couldn't parse datetime string ${quoted(text)} in a row.`);
  return checkedTime(parts, 'Z');
}
