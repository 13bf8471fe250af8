/** Python's `str()`, `repr()` and type names. */
import { describe, expect, it } from 'vitest';
import { PythonFloat } from '../../../src/cinder/python-float.ts';
import { pythonStr, pythonType, quoted } from '../../../src/cinder/python-str.ts';
import { ValueError } from '../../../src/errors/index.ts';
import { parseJson } from '../../../src/serialization/json-parser.ts';
import { nestedDicts, nestedLists } from '../serialization/nested.ts';
import { pythonJson } from '../serialization/python-json.ts';

describe('pythonStr()', () => {
  it.each(pythonJson.stringified)('gives the same text for %j as Python', (text, expected) => {
    expect(pythonStr(parseJson(text))).toBe(expected);
  });

  it('refuses cyclic and too deeply nested values', () => {
    const cycle: Record<string, unknown> = {};
    cycle['again'] = [cycle];
    for (const value of [cycle, nestedLists(100_000), nestedDicts(100_000)]) {
      expect(() => pythonStr(value)).toThrow(ValueError);
    }
  });

  it('gives a text for values that only JavaScript has, without calling their toString()', () => {
    class Stubborn {
      toString(): string {
        throw new Error('no text');
      }
    }
    expect(pythonStr(new Stubborn())).toBe('<Stubborn object>');
    expect(pythonStr([() => 1, Symbol('s')])).toBe('[<Function object>, <Symbol object>]');
    expect(pythonStr(JSON.parse('{"toString": 1, "valueOf": 2}'))).toBe("{'toString': 1, 'valueOf': 2}");
  });
});

describe('quoted()', () => {
  it('prints every text like repr() in Python', () => {
    const texts = pythonJson.reprs.map(([text]): string => JSON.parse(text));
    expect(texts.map(quoted)).toEqual(pythonJson.reprs.map(([, repr]) => repr));
  });
});

describe('pythonType()', () => {
  class Something {}
  it.each([
    [null, 'NoneType'],
    [undefined, 'NoneType'],
    ['', 'str'],
    [true, 'bool'],
    [0, 'int'],
    [2n ** 64n, 'int'],
    [1.5, 'float'],
    [1e16, 'float'],
    [Number.NaN, 'float'],
    [new PythonFloat(1), 'float'],
    [[], 'list'],
    [{}, 'dict'],
    [Object.create(null), 'dict'],
    [new Date(0), 'Date'],
    [new Something(), 'Something'],
    [Object.create(Object.create(Object.create({ constructor: { name: 1 } }))), 'object'],
  ])('gives the name of %o in Python', (value, name) => {
    expect(pythonType(value)).toBe(name);
  });
});
