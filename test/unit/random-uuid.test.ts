/** Random UUIDs, which pages of an insecure origin must make for themselves. */
import { expect, test } from 'vitest';
import { randomUuid } from '../../src/runtime.ts';

test('are of version 4, differ, and have 122 random bits', () => {
  const made = Array.from({ length: 1000 }, randomUuid);
  const versionFour = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
  expect(made.filter((uuid) => !versionFour.test(uuid))).toEqual([]);
  expect(new Set(made).size).toBe(1000);
  const bits = made.map((uuid) => BigInt(`0x${uuid.replaceAll('-', '')}`));
  const varying = bits.reduce((all, each) => all | (each ^ (bits[0] ?? 0n)), 0n);
  expect(varying.toString(2).replaceAll('0', '')).toHaveLength(122);
});
