/** Dictionaries that keep the order of their keys, also of those that JavaScript moves to the front. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { dict, entriesOf, isDict, keysOf, own } from '../../../src/cinder/dict.ts';

describe('dict()', () => {
  it('keeps keys that look like numbers where they were', () => {
    const result = dict([
      ['b', 1],
      ['10', 2],
      ['a', 3],
      ['2', 4],
    ]);
    expect(keysOf(result)).toEqual(['b', '10', 'a', '2']);
    expect(entriesOf(result)).toEqual([
      ['b', 1],
      ['10', 2],
      ['a', 3],
      ['2', 4],
    ]);
  });

  it('keeps the largest key that JavaScript sorts, and those beside it', () => {
    const keys = ['z', '4294967295', '4294967294', '4294967296', '01', '-1', '0'];
    expect(keysOf(dict(keys.map((key) => [key, 0] as const)))).toEqual(keys);
  });

  it('gives a key that is there twice its last value at its first place', () => {
    const result = dict([
      ['2', 'old'],
      ['1', 'x'],
      ['2', 'new'],
    ]);
    expect(entriesOf(result)).toEqual([
      ['2', 'new'],
      ['1', 'x'],
    ]);
  });

  it('makes an ordinary property of __proto__, and inherits nothing from its value', () => {
    const result = dict<unknown>([['__proto__', { polluted: true }]]);
    expect(Object.keys(result)).toEqual(['__proto__']);
    expect(own(result, '__proto__')).toEqual({ polluted: true });
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(Reflect.get(result, 'polluted')).toBeUndefined();
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('shows no trace of the order to those who list, copy or compare the object', () => {
    const result = dict([
      ['2', 'b'],
      ['1', 'a'],
    ]);
    expect(result).toEqual({ 1: 'a', 2: 'b' });
    expect(JSON.stringify(result)).toBe('{"1":"a","2":"b"}');
    expect(Object.getOwnPropertyNames(result)).toEqual(['1', '2']);
    expect(Object.getOwnPropertySymbols({ ...result })).toEqual([]);
  });

  it('loses the order of such keys in a copy, as every JavaScript object does', () => {
    const result = dict([
      ['2', 'b'],
      ['1', 'a'],
    ]);
    expect(keysOf(structuredClone(result))).toEqual(['1', '2']);
    expect(keysOf({ ...result })).toEqual(['1', '2']);
  });

  it('is a Map written as an object: same keys, same order, same values', () => {
    const key = fc.oneof(fc.string(), fc.nat(20).map(String), fc.constantFrom('__proto__', 'constructor', 'toString'));
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.integer())), (entries) => {
        expect(entriesOf(dict(entries))).toEqual([...new Map(entries)]);
      }),
    );
  });
});

describe('keysOf()', () => {
  it('puts keys that were added later behind the others, and leaves out those that were deleted', () => {
    const result = dict([
      ['9', 1],
      ['a', 2],
      ['5', 3],
    ]);
    result['7'] = 4;
    result['z'] = 5;
    delete result['a'];
    expect(keysOf(result)).toEqual(['9', '5', '7', 'z']);
  });

  it('takes any object', () => {
    expect(keysOf({ b: 1, a: 2 })).toEqual(['b', 'a']);
    expect(keysOf(Object.assign(Object.create(null), { x: 1 }))).toEqual(['x']);
    expect(keysOf({})).toEqual([]);
  });
});

test('own() never gives what an object inherits', () => {
  expect(own({ a: 1 }, 'a')).toBe(1);
  expect(own({ a: null }, 'a')).toBeNull();
  for (const key of ['b', 'toString', 'constructor', '__proto__', 'hasOwnProperty']) {
    expect(own({ a: 1 }, key)).toBeUndefined();
  }
});

describe('isDict()', () => {
  class Something {}
  it.each([
    ['an object', {}],
    ['an object without prototype', Object.create(null)],
    ['an object that remembers an order', dict([['1', 1]])],
  ])('takes %s', (_, value) => {
    expect(isDict(value)).toBe(true);
  });

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a list', []],
    ['a text', 'x'],
    ['a number', 1],
    ['a boxed number', Object(1)],
    ['a function', () => 1],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['bytes', new Uint8Array(1)],
    ['an instance of a class', new Something()],
  ])('does not take %s', (_, value) => {
    expect(isDict(value)).toBe(false);
  });
});
