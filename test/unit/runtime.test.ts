/** Random UUIDs, which pages of an insecure origin must make for themselves. */
import { expect, test } from 'vitest';
import { randomUuid } from '../../src/runtime.ts';

test('are of version 4, differ, and have 31 random digits', () => {
  const made = Array.from({ length: 1000 }, randomUuid);
  const versionFour = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
  expect(made.filter((uuid) => !versionFour.test(uuid))).toEqual([]);
  expect(new Set(made).size).toBe(1000);
  // Of 1,000 UUIDs, each of the 16 digits is missing in a place once in 10^28 runs; the variant has four.
  const digitsAt = (place: number): number => new Set(made.map((uuid) => uuid[place])).size;
  const expected = [...'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'].map((mark) => ({ x: 16, y: 4 })[mark] ?? 1);
  expect(expected.map((_, place) => digitsAt(place))).toEqual(expected);
});
