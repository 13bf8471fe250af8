/** JSON texts exactly as Python writes them. */
import { describe, expect, it, test } from 'vitest';
import { dict } from '../../../src/cinder/dict.ts';
import { PythonFloat } from '../../../src/cinder/python-float.ts';
import { maximumDepth } from '../../../src/cinder/tree.ts';
import { ValueError } from '../../../src/errors/index.ts';
import { parseJson } from '../../../src/serialization/json-parser.ts';
import { compact, jsonText, spaced } from '../../../src/serialization/json-text.ts';
import { nestedDicts, nestedLists } from './nested.ts';
import { pythonFloats, pythonJson } from './python-json.ts';

describe('jsonText() writes the same as Python', () => {
  test('for floats of every magnitude', () => {
    const floats = pythonFloats();
    const asFloat = (value: number) => (Number.isSafeInteger(value) ? new PythonFloat(value) : value);
    const spelt = (repr: string) => repr.replace('nan', 'NaN').replace('inf', 'Infinity');
    expect(floats.map(({ value }) => jsonText(asFloat(value), compact))).toEqual(floats.map(({ repr }) => spelt(repr)));
  });

  test('for strings with any character: control characters, 0x7f, astral ones, lone surrogates', () => {
    const texts = pythonJson.strings.map((text): string => JSON.parse(text));
    expect(texts.map((text) => jsonText(text, compact))).toEqual(pythonJson.strings);
  });

  test('for the same strings as keys', () => {
    const texts = pythonJson.strings.map((text): string => JSON.parse(text));
    expect(texts.map((text) => jsonText(dict([[text, 1]]), compact))).toEqual(
      pythonJson.strings.map((text) => `{${text}:1}`),
    );
  });

  test.each(pythonJson.documents)('for %s, with either separators', (withBlanks, without) => {
    expect(jsonText(parseJson(without), spaced)).toBe(withBlanks);
    expect(jsonText(parseJson(withBlanks), compact)).toBe(without);
  });

  test('for integers of any size', () => {
    expect(jsonText([0, -0, 1, -5, 2 ** 53 - 1, 2n ** 64n, -(10n ** 30n)], compact)).toBe(
      '[0,0,1,-5,9007199254740991,18446744073709551616,-1000000000000000000000000000000]',
    );
  });

  test('for numeric keys, in the order of the dictionary', () => {
    expect(
      jsonText(
        dict([
          ['9', 1],
          ['a', 2],
          ['1', 3],
        ]),
        spaced,
      ),
    ).toBe('{"9": 1, "a": 2, "1": 3}');
  });

  test('for a whole float after structuredClone()', () => {
    expect(jsonText(structuredClone({ ratio: new PythonFloat(1) }), compact)).toBe('{"ratio":1.0}');
  });
});

describe('jsonText()', () => {
  it('omits undefined properties, and writes null for undefined items of lists', () => {
    expect(jsonText({ a: undefined, b: null }, compact)).toBe('{"b":null}');
    expect(jsonText([undefined, null], compact)).toBe('[null,null]');
    // biome-ignore lint/suspicious/noSparseArray: what a list without some of its items is written as
    expect(jsonText([1, , [,]], compact)).toBe('[1,null,[null]]');
    expect(jsonText(undefined, compact)).toBe('null');
  });

  it('writes integers with as many digits as parseJson() reads', () => {
    const [longest, longer] = [10n ** 4300n - 1n, 10n ** 4300n];
    for (const value of [longest, -longest]) expect(parseJson(jsonText(value, compact))).toBe(value);
    for (const value of [longer, -longer]) expect(() => jsonText([value], compact)).toThrow(ValueError);
  });

  it('ignores toJSON', () => {
    expect(jsonText({ toJSON: 'x' }, compact)).toBe('{"toJSON":"x"}');
    expect(jsonText({ __proto__: null, a: 1 }, compact)).toBe('{"a":1}');
  });

  class Something {}
  it.each([
    [() => 1, 'Function'],
    [Symbol('s'), 'Symbol'],
    [new Date(0), 'Date'],
    [new Map(), 'Map'],
    [new Uint8Array(2), 'Uint8Array'],
    [new Something(), 'Something'],
  ])('refuses %o at any position', (value, type) => {
    const message = new ValueError(`Object of type ${type} is not JSON serializable`);
    expect(() => jsonText(value, compact)).toThrow(message);
    expect(() => jsonText({ a: [{ b: value }] }, compact)).toThrow(message);
  });

  it('writes values as deeply nested as parseJson() reads, and refuses deeper and cyclic ones', () => {
    const deepest = jsonText(nestedLists(maximumDepth + 1), compact);
    expect(deepest).toBe('['.repeat(maximumDepth + 1) + ']'.repeat(maximumDepth + 1));
    expect(jsonText(parseJson(deepest), compact)).toBe(deepest);
    // Only lists and objects count as levels.
    const withValue = deepest.replace('[]', '[null]');
    expect(jsonText(parseJson(withValue), compact)).toBe(withValue);
    const cycle: Record<string, unknown> = {};
    cycle['again'] = [cycle];
    for (const value of [nestedLists(maximumDepth + 2), nestedLists(100_000), nestedDicts(100_000), cycle]) {
      expect(() => jsonText(value, compact)).toThrow(new ValueError('JSON nested deeper than 1000 levels.'));
    }
  });

  it('writes long texts completely', () => {
    const length = 10_000_000;
    expect(jsonText('x'.repeat(length), compact)).toBe(`"${'x'.repeat(length)}"`);
    expect(jsonText('é'.repeat(1_000_000), compact)).toBe(`"${'\\u00e9'.repeat(1_000_000)}"`);
  });
});
