/** Dictionaries that keep the order of their keys, including those that JavaScript moves to the front. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { dict, entriesOf, isDict, keysOf, own } from '../../../src/cinder/dict.ts';

describe('dict()', () => {
  it('keeps the place of keys that look like numbers', () => {
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

  it('keeps the place of the largest key that JavaScript sorts, and of its neighbours', () => {
    const keys = ['z', '4294967295', '4294967294', '4294967296', '01', '-1', '0'];
    expect(keysOf(dict(keys.map((key) => [key, 0] as const)))).toEqual(keys);
  });

  it('keeps the first place and the last value of a repeated key', () => {
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

  it('creates an ordinary property for __proto__, and inherits nothing from its value', () => {
    const result = dict<unknown>([['__proto__', { polluted: true }]]);
    expect(Object.keys(result)).toEqual(['__proto__']);
    expect(own(result, '__proto__')).toEqual({ polluted: true });
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(Reflect.get(result, 'polluted')).toBeUndefined();
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('hides the order from code that lists, copies or compares the object', () => {
    const result = dict([
      ['2', 'b'],
      ['1', 'a'],
    ]);
    expect(result).toEqual({ 1: 'a', 2: 'b' });
    expect(JSON.stringify(result)).toBe('{"1":"a","2":"b"}');
    expect(Object.getOwnPropertyNames(result)).toEqual(['1', '2']);
    expect(Object.getOwnPropertySymbols({ ...result })).toEqual([]);
  });

  it('loses the order of numeric keys when copied, as every JavaScript object does', () => {
    const result = dict([
      ['2', 'b'],
      ['1', 'a'],
    ]);
    expect(keysOf(structuredClone(result))).toEqual(['1', '2']);
    expect(keysOf({ ...result })).toEqual(['1', '2']);
  });

  it('has the same keys, order and values as a Map of the same entries', () => {
    const key = fc.oneof(fc.string(), fc.nat(20).map(String), fc.constantFrom('__proto__', 'constructor', 'toString'));
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.integer())), (entries) => {
        expect(entriesOf(dict(entries))).toEqual([...new Map(entries)]);
      }),
    );
  });
});

describe('keysOf()', () => {
  it('lists keys in order, later ones last, without deleted ones', () => {
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

  it('accepts any object', () => {
    expect(keysOf({ b: 1, a: 2 })).toEqual(['b', 'a']);
    expect(keysOf(Object.assign(Object.create(null), { x: 1 }))).toEqual(['x']);
    expect(keysOf({})).toEqual([]);
  });
});

test('own() never returns inherited properties', () => {
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
  ])('accepts %s', (_, value) => {
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
  ])('rejects %s', (_, value) => {
    expect(isDict(value)).toBe(false);
  });
});
