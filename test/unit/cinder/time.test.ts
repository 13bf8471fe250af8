/** Times: every form that Python accepts or refuses, and their texts in dumps and in rows. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromSqlTime, parseTime, printTime, toSqlTime, utcNow } from '../../../src/cinder/time.ts';
import { ValueError } from '../../../src/errors/index.ts';
import { errorOf } from '../serialization/python-json.ts';

/** The result of Python's parser of times for a text. */
type Outcome = { readonly dump: string; readonly sql: string } | { readonly error: string };

// The files were written for these shapes.
const { times: rowTimes } = JSON.parse(
  readFileSync(new URL('./python-row-time.fixture.json', import.meta.url), 'utf8'),
) as {
  readonly times: readonly (readonly [text: string, outcome: { readonly row: string } | { readonly error: string }])[];
};
const { times } = JSON.parse(readFileSync(new URL('./python-time.fixture.json', import.meta.url), 'utf8')) as {
  readonly times: readonly (readonly [text: string, outcome: Outcome])[];
};

describe('parseTime()', () => {
  it.each(times)('accepts or refuses %j as Python does', (text, expected) => {
    if ('error' in expected) {
      const error = errorOf(() => parseTime(text));
      expect(error).toBeInstanceOf(ValueError);
      expect(error.message).toBe(expected.error);
    } else {
      const time = parseTime(text);
      expect({ dump: printTime(time), sql: toSqlTime(time) }).toEqual(expected);
    }
  });

  it.each([
    [5, "expected string or bytes-like object, got 'int'"],
    [1.5, "expected string or bytes-like object, got 'float'"],
    [true, "expected string or bytes-like object, got 'bool'"],
    [null, "expected string or bytes-like object, got 'NoneType'"],
    [['2023-01-02'], "expected string or bytes-like object, got 'list'"],
    [{}, "expected string or bytes-like object, got 'dict'"],
    [new Date(0), "expected string or bytes-like object, got 'Date'"],
  ])('refuses %o, which is no text', (value, message) => {
    expect(() => parseTime(value)).toThrow(new ValueError(message));
  });

  it('knows the length of every February', () => {
    for (let year = 1; year <= 9999; year++) {
      const text = `${String(year).padStart(4, '0')}-02-29`;
      const isDate = new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
      if (isDate) expect(parseTime(text).slice(0, 10)).toBe(text);
      else expect(() => parseTime(text)).toThrow('day is out of range for month');
    }
  });

  it('leaves its own internal form unchanged', () => {
    for (const time of [
      '2023-01-02T03:04:05.678901Z',
      '0001-01-01T00:00:00.000000Z',
      '2023-01-02T03:04:05.000001-03:30',
    ]) {
      expect(parseTime(time)).toBe(time);
    }
  });

  it('reads every time that a dump prints, from the year 1000 on', () => {
    fc.assert(
      fc.property(anyTime(1000), (time) => {
        expect(parseTime(printTime(time))).toBe(time);
      }),
    );
  });

  it('returns a time or throws a ValueError for any text', () => {
    const digits = fc.constantFrom(...'0123456789-:.,TZ+ ');
    const text = fc.oneof(fc.string(), fc.string({ unit: digits, maxLength: 32 }));
    fc.assert(
      fc.property(text, (value) => {
        try {
          expect(parseTime(value)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[-+]\d\d:\d\d)$/);
        } catch (error) {
          if (!(error instanceof ValueError)) throw error;
        }
      }),
    );
  });

  it('handles a long text quickly', () => {
    const digits = '9'.repeat(1_000_000);
    expect(parseTime(`2023-01-02T03:04:05.${digits}Z`)).toBe('2023-01-02T03:04:05.999999Z');
    expect(() => parseTime(digits)).toThrow(ValueError);
    expect(() => parseTime(`2023-01-02T03:04:05.${digits}x`)).toThrow(ValueError);
  });
});

describe('printTime()', () => {
  it('prints years before 1000 without leading zeros, as Linux does', () => {
    expect(printTime('0001-01-01T00:00:00.000000Z')).toBe('1-01-01T00:00:00.000000Z');
    expect(printTime('0020-01-01T00:00:00.000000Z')).toBe('20-01-01T00:00:00.000000Z');
    expect(printTime('0300-01-01T00:00:00.000000Z')).toBe('300-01-01T00:00:00.000000Z');
    expect(printTime('4000-01-01T00:00:00.000000Z')).toBe('4000-01-01T00:00:00.000000Z');
  });
});

describe('times in rows', () => {
  it('are the digits of the local time, without the zone', () => {
    expect(toSqlTime('2023-01-02T03:04:05.678901+02:00')).toBe('2023-01-02 03:04:05.678901');
    expect(toSqlTime('0001-01-01T00:00:00.000000Z')).toBe('0001-01-01 00:00:00.000000');
  });

  it.each([
    ['2023-01-02 03:04:05.678901', '2023-01-02T03:04:05.678901Z'],
    ['2023-01-02 03:04:05', '2023-01-02T03:04:05.000000Z'],
    ['2023-01-02 03:04:05.5', '2023-01-02T03:04:05.500000Z'],
    ['2023-01-02T03:04:05.000001', '2023-01-02T03:04:05.000001Z'],
    ['2023-01-02', '2023-01-02T00:00:00.000000Z'],
    ['2023-01-02 03:04:05.123456789', '2023-01-02T03:04:05.123456Z'],
    ['0001-01-01 00:00:00.000000', '0001-01-01T00:00:00.000000Z'],
  ])('%s is read as UTC', (text, time) => {
    expect(fromSqlTime(text)).toBe(time);
  });

  it.each(rowTimes)('%j is read or refused as in SQLAlchemy', (text, expected) => {
    if ('row' in expected) expect(toSqlTime(fromSqlTime(text))).toBe(expected.row);
    else expect(errorOf(() => fromSqlTime(text))).toBeInstanceOf(ValueError);
  });

  it.each(['', 'now', '2023', '2023-01-02 03:04', '1672628645', "it's"])(
    '%j is refused with a message that shows it',
    (text) => {
      const error = errorOf(() => fromSqlTime(text));
      expect(error).toBeInstanceOf(ValueError);
      expect(error.message).toContain(text);
    },
  );

  it('survive the round trip if they are in UTC', () => {
    fc.assert(
      fc.property(anyTime(1), (time) => {
        expect(fromSqlTime(toSqlTime(time))).toBe(time);
      }),
    );
  });
});

describe('utcNow()', () => {
  it('is the current time, with microseconds', () => {
    const before = Date.now();
    const now = utcNow();
    const after = Date.now();
    expect(now).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    // The two clocks of the platform may differ by some milliseconds.
    expect(Date.parse(now)).toBeGreaterThanOrEqual(before - 50);
    expect(Date.parse(now)).toBeLessThanOrEqual(after + 50);
  });

  it('never goes back', () => {
    const times = Array.from({ length: 1000 }, utcNow);
    expect([...times].sort()).toEqual(times);
  });
});

/** A time in UTC, in its internal form. */
function anyTime(firstYear: number): fc.Arbitrary<string> {
  const min = new Date(0);
  min.setUTCFullYear(firstYear, 0, 1);
  const max = new Date('9999-12-31T23:59:59.999Z');
  return fc
    .tuple(fc.date({ min, max, noInvalidDate: true }), fc.nat(999))
    .map(([date, micros]) => `${date.toISOString().slice(0, 23)}${String(micros).padStart(3, '0')}Z`);
}
