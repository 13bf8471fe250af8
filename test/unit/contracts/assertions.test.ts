/** What the contract suites report to the author of a plugin or driver that breaks them. */
import { expect, test } from 'vitest';
import { assertEqual } from '../../../src/contracts/assertions.ts';

const volume = (fields: object) => ({
  backend: { name: 'b' },
  note: 'x'.repeat(600),
  volumes: [{ size: 1, ...fields }],
});

test.each([
  [{ a: 1 }, { a: 2 }, 'expected {"a":2}, got {"a":1}'],
  [undefined, null, 'expected null, got undefined'],
  [volume({ size: 2 }), volume({}), 'at ["volumes"]["0"]["size"] expected 1, got 2'],
  [volume({}), volume({ name: 'v' }), 'at ["volumes"]["0"]["name"] expected "v", got undefined'],
  [{ ...volume({}), volumes: [] }, volume({}), 'at ["volumes"]["0"] expected {"size":1}, got undefined'],
])('assertEqual() shows where the values differ', (actual, expected, said) => {
  expect(() => assertEqual(actual, expected)).toThrow(new Error(`The contract is broken: ${said}.`));
  expect(() => assertEqual(expected, actual)).toThrow('The contract is broken');
});

test('assertEqual() ignores the order of keys', () => {
  assertEqual({ ...volume({}), last: 1 }, { last: 1, ...volume({}) });
});
