/** When a stored time equals another one, whatever its form. */
import { expect, test } from 'vitest';
import { compareTimes } from '../../../src/cinder/compare-times.ts';

test.each([
  '2012-03-04 05:06:07',
  '2012-03-04 05:06:07.0',
  '2012-03-04T05:06:07.000000',
  '2012-03-04 05:06:07+02:00',
  '2012-03-04 05:06:07.000000 UTC',
  '2012-3-4 5:6:7',
  '2012-03-04 05:06:07.000000123',
])('compareTimes() reads %j as objects show it', (stored) => {
  expect(compareTimes(stored, '2012-03-04 05:06:07.000000')).toBe(0);
  expect(compareTimes(stored, '2012-03-04 05:06:07.000001')).toBe(-1);
  expect(compareTimes('2012-03-04 05:06:08.000000', stored)).toBe(1);
});

test('compareTimes() finds a text that is no time equal to itself alone', () => {
  expect(compareTimes('garbage', 'garbage')).toBe(0);
  expect(compareTimes('garbage', '2012-03-04 05:06:07.000000')).not.toBe(0);
});
