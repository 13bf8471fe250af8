/** When a stored time is the same as another one, however it is written. */
import { expect, test } from 'vitest';
import { compareTimes } from '../../../src/sql/same-value.ts';

test.each([
  '2012-03-04 05:06:07',
  '2012-03-04 05:06:07.0',
  '2012-03-04T05:06:07.000000',
  '2012-03-04 05:06:07+02:00',
  '2012-03-04 05:06:07.000000 UTC',
  '2012-3-4 5:6:7',
  '2012-03-04 05:06:07.000000123',
])('%j is the time that an object shows of it', (stored) => {
  expect(compareTimes(stored, '2012-03-04 05:06:07.000000')).toBe(0);
  expect(compareTimes(stored, '2012-03-04 05:06:07.000001')).toBe(-1);
  expect(compareTimes('2012-03-04 05:06:08.000000', stored)).toBe(1);
});

test('what is no time is like itself alone', () => {
  expect(compareTimes('garbage', 'garbage')).toBe(0);
  expect(compareTimes('garbage', '2012-03-04 05:06:07.000000')).not.toBe(0);
});
