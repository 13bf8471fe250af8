/** Python's floats: their texts, and floats that JavaScript would take for integers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatRepr, PythonFloat } from '../../../src/cinder/python-float.ts';
import { isFloat } from '../../../src/cinder/python-str.ts';
import { pythonFloats } from '../serialization/python-json.ts';

describe('floatRepr()', () => {
  it('prints doubles of every magnitude as Python does', () => {
    const floats = pythonFloats();
    const spelt = (repr: string) => repr.replace('nan', 'NaN').replace('inf', 'Infinity');
    expect(floats.map(({ value }) => floatRepr(value))).toEqual(floats.map(({ repr }) => spelt(repr)));
  });

  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [1e15, '1000000000000000.0'],
    [9999999999999998, '9999999999999998.0'],
    [1e16, '1e+16'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.25e-7, '1.25e-07'],
    [1e100, '1e+100'],
    [5e-324, '5e-324'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
  ])('prints %d as %s', (value, text) => {
    expect(floatRepr(value)).toBe(text);
  });

  it('prints texts that read back as the same double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(floatRepr(value))).toBe(value);
        expect(floatRepr(value)).toMatch(/^-?(?:\d+\.\d+|\d(?:\.\d+)?e[-+]\d{2,3})$/);
      }),
    );
  });
});

describe('PythonFloat', () => {
  it('converts to a number, and prints as one', () => {
    const float = new PythonFloat(2);
    expect(Number(float) + 1).toBe(3);
    expect(`${float}`).toBe('2');
    expect(JSON.stringify({ float })).toBe('{"float":2}');
  });

  it('is still a float after structuredClone()', () => {
    expect(isFloat(structuredClone(new PythonFloat(1)))).toBe(true);
  });
});

describe('isFloat()', () => {
  it.each([1.5, 2 ** 53, 1e300, Number.NaN, Number.POSITIVE_INFINITY, new PythonFloat(1)])('accepts %s', (value) => {
    expect(isFloat(value)).toBe(true);
  });

  it.each([0, -1, 2 ** 53 - 1, 1n, 2n ** 70n, '1.5', true, null, undefined, []])('rejects %s', (value) => {
    expect(isFloat(value)).toBe(false);
  });
});
