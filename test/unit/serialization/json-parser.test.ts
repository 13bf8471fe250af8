/** Reading JSON like Python: the same values, and the same errors at the same positions. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { keysOf, own } from '../../../src/cinder/dict.ts';
import { PythonFloat } from '../../../src/cinder/python-float.ts';
import { maximumDepth } from '../../../src/cinder/tree.ts';
import { InvalidDump, isCinderlibError, JSONDecodeError, ValueError } from '../../../src/errors/index.ts';
import { parseJson, parseWholeJson } from '../../../src/serialization/json-parser.ts';
import { compact, jsonText, spaced } from '../../../src/serialization/json-text.ts';
import { anyJson } from './json-values.ts';
import { nestedLists } from './nested.ts';
import { errorOf, pythonJson } from './python-json.ts';

describe('parseJson() reads like Python', () => {
  test.each(pythonJson.readings)('the text %j', (text, expected) => {
    expect(jsonText(parseJson(text), spaced)).toBe(expected);
  });

  test.each(pythonJson.documents)('the document %s, which jsonText() writes back exactly', (withBlanks, without) => {
    expect(jsonText(parseJson(withBlanks), spaced)).toBe(withBlanks);
    expect(jsonText(parseJson(without), compact)).toBe(without);
  });

  test('the texts that Python wrote for any string', () => {
    const texts = pythonJson.strings.map((text) => parseJson(text));
    expect(texts).toEqual(pythonJson.strings.map((text): string => JSON.parse(text)));
  });
});

describe('parseJson() refuses with the message of Python', () => {
  test.each(pythonJson.errors)('the text %j', (text, message) => {
    const error = errorOf(() => parseJson(text));
    expect(error).toBeInstanceOf(JSONDecodeError);
    expect(error.message).toBe(message);
  });

  test('integers with too many digits', () => {
    expect(parseJson('9'.repeat(4300))).toBe(10n ** 4300n - 1n);
    const error = errorOf(() => parseJson(`[${'9'.repeat(4301)}]`));
    expect(error).toBeInstanceOf(ValueError);
    expect(pythonJson.digits.json).toContain(error.message);
  });
});

describe('parseJson()', () => {
  it('distinguishes integers from floats', () => {
    expect(parseJson('1')).toBe(1);
    expect(parseJson('1.0')).toStrictEqual(new PythonFloat(1));
    expect(parseJson('-0')).toBe(0);
    expect(parseJson('-0.0')).toStrictEqual(new PythonFloat(-0));
    expect(parseJson('1.5')).toBe(1.5);
    expect(parseJson('9007199254740993')).toBe(9007199254740993n);
    expect(parseJson('1e400')).toBe(Number.POSITIVE_INFINITY);
  });

  it('keeps the order of keys, with the last value of a repeated key in its first place', () => {
    const value = Object(parseJson('{"b": 1, "2": 2, "a": 3, "1": 4, "b": 5}'));
    expect(keysOf(value)).toEqual(['b', '2', 'a', '1']);
    expect(own(value, 'b')).toBe(5);
  });

  it('creates ordinary __proto__ keys at every level', () => {
    const value = Object(parseJson('{"__proto__": {"polluted": true, "__proto__": {"__proto__": [1]}}}'));
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(own(Object(own(value, '__proto__')), 'polluted')).toBe(true);
    expect(Reflect.get(value, 'polluted')).toBeUndefined();
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('reads as deeply nested texts as Python, and refuses deeper ones quickly', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseJson(nested(maximumDepth + 1))).toEqual(nestedLists(maximumDepth + 1));
    for (const text of [nested(maximumDepth + 2), nested(100_000), '['.repeat(100_000), '{"a":'.repeat(100_000)]) {
      expect(() => parseJson(text)).toThrow(new InvalidDump('JSON nested deeper than 1000 levels.'));
    }
  });

  it('reads long texts, and locates an error at their end', () => {
    const long = 'x'.repeat(10_000_000);
    expect(parseJson(`["${long}"]`)).toEqual([long]);
    expect(() => parseJson(`["${long}" 1]`)).toThrow(
      new JSONDecodeError("Expecting ',' delimiter: line 1 column 10000005 (char 10000004)"),
    );
    expect(() => parseJson(`"${long}`)).toThrow('Unterminated string starting at: line 1 column 1 (char 0)');
    expect(parseJson(`"${'\\u00e9'.repeat(100_000)}"`)).toBe('é'.repeat(100_000));
  });

  it('counts both a surrogate pair and a lone surrogate as one character', () => {
    expect(() => parseJson('["\u{1f600}",\n"\ud83d", "\u{1f600}" x')).toThrow('line 2 column 10 (char 15)');
  });

  it('reads any value back as jsonText() wrote it', () => {
    fc.assert(
      fc.property(anyJson, fc.constantFrom(compact, spaced), (value, separators) => {
        const text = jsonText(value, separators);
        const again = parseJson(text);
        expect(isDeepStrictEqual(again, value)).toBe(true);
        expect(jsonText(again, separators)).toBe(text);
        expect(text).toMatch(/^[ -~]*$/);
      }),
      { numRuns: 500 },
    );
  });

  it('reads the same values as JSON.parse(), except that it keeps all digits', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const rounded = (_: string, item: unknown) => (typeof item === 'bigint' ? Number(item) : item);
        expect(JSON.stringify(parseJson(text), rounded)).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('refuses the same texts as JSON.parse(), except for NaN and Infinity', () => {
    const token = fc.constantFrom(
      ...'[]{},:"\\ntfalsu0123-+.eE \n'.split(''),
      'null',
      'true',
      '""',
      '\\u',
      '1.5',
      '{"a":',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join('')),
          fc.string(),
        ),
        (text) => {
          const native = outcome(() => JSON.parse(text));
          const ours = outcome(() => parseJson(text));
          expect('value' in ours).toBe('value' in native);
          if ('error' in ours) expect(isCinderlibError(ours.error)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

function outcome(call: () => unknown): { value: unknown } | { error: unknown } {
  try {
    return { value: call() };
  } catch (error) {
    return { error };
  }
}

describe('parseWholeJson()', () => {
  const text = '[{"a": "b\\u00e9\\n", "c": [1.5e+3, -0, true, null], "d": {}},\n {"e": -Infinity}]';
  const ending = '. The text ends too early: it was truncated.';

  it('reads what parseJson() reads', () => {
    expect(parseWholeJson(text)).toStrictEqual(parseJson(text));
  });

  it('says after the message of Python that a truncated text ends too early, wherever it was cut', () => {
    for (let length = 1; length < text.length; length++) {
      const start = text.slice(0, length);
      const { message } = errorOf(() => parseJson(start));
      const error = errorOf(() => parseWholeJson(start));
      expect(error).toBeInstanceOf(JSONDecodeError);
      expect(error.message).toBe(`${message}${ending}`);
    }
  });

  it.each(['[1,]', '{a: 1}', '{"a": "b" "c": 1}', '[1] x', '{"a": 1}}', '["\\u12]"]', '["\t"]', '[tru]'])(
    'does not say so of %j, which is faulty but not cut',
    (faulty) => {
      const { message } = errorOf(() => parseJson(faulty));
      expect(errorOf(() => parseWholeJson(faulty)).message).toBe(message);
    },
  );
});
