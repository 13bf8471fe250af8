/** What callers give, read once: with everything that is in it, and in its order. */
import { expect, test } from 'vitest';
import { booleanOptions, objectArgument } from '../../src/arguments.ts';
import { dict, keysOf } from '../../src/cinder/dict.ts';

test('the copy of an object keeps the order of keys that look like numbers, and __proto__ as a key', () => {
  const specs = dict<unknown>([
    ['10', 'a'],
    ['2', 'b'],
    ['__proto__', 'c'],
  ]);
  const copy = objectArgument('It is an object', specs);
  expect(keysOf(copy)).toEqual(['10', '2', '__proto__']);
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
});

test('an object that is another one at each look is looked at once', () => {
  let looks = 0;
  const given = {
    get force() {
      looks += 1;
      return looks === 1 ? true : 'no';
    },
  };
  expect(booleanOptions('detach', given, { force: false })).toEqual({ force: true });
  expect(looks).toBe(1);
});

test('a switch that is undefined is one that was left out', () => {
  expect(booleanOptions('toJson', { simplified: undefined }, { simplified: true })).toEqual({ simplified: true });
});
