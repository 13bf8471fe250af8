/** Arguments of callers, copied by reading each property once, completely and in order. */
import { expect, test } from 'vitest';
import { booleanOptions, objectArgument } from '../../src/arguments.ts';
import { dict, keysOf } from '../../src/cinder/dict.ts';

test('objectArgument() keeps the order of numeric keys, and __proto__ as a key', () => {
  const specs = dict<unknown>([
    ['10', 'a'],
    ['2', 'b'],
    ['__proto__', 'c'],
  ]);
  const copy = objectArgument('It is an object', specs);
  expect(keysOf(copy)).toEqual(['10', '2', '__proto__']);
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
});

test('booleanOptions() reads each property once', () => {
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

test('booleanOptions() uses the default for undefined', () => {
  expect(booleanOptions('toJson', { simplified: undefined }, { simplified: true })).toEqual({ simplified: true });
});
