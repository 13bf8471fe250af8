/** The clock: text with microseconds, in UTC, close to the time of day. */
import { afterEach, expect, test, vi } from 'vitest';
import { sqlNow } from '../../../src/cinder/clock.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('sqlNow() is the current time as text with six digits of fractions', () => {
  const now = sqlNow();
  expect(now).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
  expect(Math.abs(Date.parse(`${now.replace(' ', 'T')}Z`) - Date.now())).toBeLessThan(1500);
});

test('sqlNow() takes microseconds from the precise clock', () => {
  vi.spyOn(Date, 'now').mockReturnValue(1_000_000_000_000);
  vi.spyOn(performance, 'now').mockReturnValue(1_000_000_000_000.25 - performance.timeOrigin);
  expect(sqlNow()).toBe('2001-09-09 01:46:40.000250');
});

test('sqlNow() uses the time of day if the precise clock stopped during a sleep', () => {
  vi.spyOn(Date, 'now').mockReturnValue(1_000_000_000_000 + 3_600_000);
  vi.spyOn(performance, 'now').mockReturnValue(1_000_000_000_000.25 - performance.timeOrigin);
  expect(sqlNow()).toBe('2001-09-09 02:46:40.000250');
});
