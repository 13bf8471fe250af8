/** Copies of nested values, and their maximum depth. */
import { describe, expect, it } from 'vitest';
import { dict, keysOf } from '../../../src/cinder/dict.ts';
import { PythonFloat } from '../../../src/cinder/python-float.ts';
import { copyTree, maximumDepth } from '../../../src/cinder/tree.ts';
import { ValueError } from '../../../src/errors/index.ts';
import { nestedDicts, nestedLists } from '../serialization/nested.ts';

describe('copyTree()', () => {
  it('copies lists and dictionaries at every level, and nothing else', () => {
    const bytes = new Uint8Array(1);
    const value = { a: [{ b: 1 }, null, new PythonFloat(1)], bytes };
    const copy = copyTree(value);
    expect(copy).toStrictEqual(value);
    value.a.length = 0;
    expect(copy).toStrictEqual({ a: [{ b: 1 }, null, new PythonFloat(1)], bytes });
    expect(Reflect.get(Object(copy), 'bytes')).toBe(bytes);
  });

  it('fills the holes of a list with undefined', () => {
    expect(copyTree({ a: [new Array(2), 1] })).toStrictEqual({ a: [[undefined, undefined], 1] });
  });

  it('keeps the order of keys that look like numbers, and __proto__ as a key', () => {
    const inner = dict<unknown>([
      ['2', 1],
      ['1', 2],
      ['__proto__', { x: 1 }],
    ]);
    const copy = copyTree([inner]);
    expect(Array.isArray(copy) && keysOf(copy[0])).toEqual(['2', '1', '__proto__']);
  });

  it('accepts values up to the maximum depth, and refuses deeper ones', () => {
    expect(copyTree(nestedLists(maximumDepth + 1))).toBeInstanceOf(Array);
    expect(() => copyTree(nestedLists(maximumDepth + 2))).toThrow(ValueError);
    expect(copyTree(nestedDicts(maximumDepth + 1))).toBeInstanceOf(Object);
    expect(() => copyTree(nestedDicts(maximumDepth + 2))).toThrow(ValueError);
    expect(() => copyTree(nestedLists(100_000))).toThrow('JSON nested deeper than 1000 levels.');
  });

  it('refuses a cyclic value', () => {
    const list: unknown[] = [];
    list.push({ list });
    expect(() => copyTree(list)).toThrow(ValueError);
  });
});
