/** Python's integers: exact at any size, with Python's limit on digits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integerOf, parseInteger } from '../../../src/cinder/python-int.ts';
import { ValueError } from '../../../src/errors/index.ts';
import { errorOf, pythonJson } from '../serialization/python-json.ts';

describe('integerOf()', () => {
  it('gives a number up to 2^53 - 1 and a bigint beyond', () => {
    expect(integerOf('9007199254740991')).toBe(9007199254740991);
    expect(integerOf('9007199254740992')).toBe(9007199254740992n);
    expect(integerOf('-9007199254740991')).toBe(-9007199254740991);
    expect(integerOf('-9007199254740993')).toBe(-9007199254740993n);
  });

  it('never gives minus zero', () => {
    expect(Object.is(integerOf('-0'), 0)).toBe(true);
    expect(Object.is(parseInteger('-00'), 0)).toBe(true);
  });

  it('keeps every digit', () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) => {
        expect(BigInt(integerOf(value.toString()))).toBe(value);
        expect(String(integerOf(value.toString()))).toBe(value.toString());
      }),
    );
  });

  it('refuses as many digits as Python refuses', () => {
    expect(integerOf(`-${'9'.repeat(4300)}`)).toBe(-(10n ** 4300n) + 1n);
    const error = errorOf(() => integerOf('9'.repeat(4301)));
    expect(error).toBeInstanceOf(ValueError);
    // The message of Python goes on to explain how to raise its limit.
    expect(pythonJson.digits.json.startsWith(`${error.message};`)).toBe(true);
  });
});

describe('parseInteger()', () => {
  it('strips the same white space as Python', () => {
    const blanks = Array.from({ length: 0x10000 }, (_, code) => code).filter((code) => {
      const character = String.fromCharCode(code);
      return !/[+\p{Nd}]/u.test(character) && resultOf(() => parseInteger(`${character}5`)) === 5;
    });
    expect(blanks.map((code) => code.toString(16).padStart(4, '0'))).toEqual(pythonJson.blanks);
  });

  it('accepts the digits 0 to 9 alone, unlike Python', () => {
    expect(parseInteger('12')).toBe(12);
    // Arabic, Devanagari, full-width and mathematical digits, which Python reads as 12.
    for (const text of ['١٢', '१२', '１２', '𝟏𝟐']) expect(() => parseInteger(text)).toThrow(ValueError);
  });

  it('refuses too many digits without parsing them', () => {
    expect(pythonJson.digits.text.startsWith(errorOf(() => parseInteger(`-${'9'.repeat(4301)}`)).message)).toBe(true);
    expect(() => parseInteger('9'.repeat(10_000_000))).toThrow('value has 10000000 digits');
  });

  it('refuses a long text quickly, whatever it contains', () => {
    const million = 1_000_000;
    for (const text of [' '.repeat(million), `1${'_1'.repeat(million)}_`, `${' '.repeat(million)}x`]) {
      expect(() => parseInteger(text)).toThrow(ValueError);
    }
  });
});

/** The result of `call`; null if it throws a ValueError. */
function resultOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (error instanceof ValueError) return null;
    throw error;
  }
}
