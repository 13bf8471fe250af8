/** Random values as JSON holds them, with what JavaScript finds hard: floats that are whole, big integers, odd keys. */
import fc from 'fast-check';
import { dict } from '../../../src/cinder/dict.ts';
import { PythonFloat } from '../../../src/cinder/python-float.ts';

/** Texts of any UTF-16, lone surrogates and control characters too. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.array(fc.nat(0xffff), { maxLength: 8 }).map((units) => String.fromCharCode(...units)),
);

const key = fc.oneof(
  anyText,
  fc.nat(12).map(String),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'toJSON', 'length', '4294967294', '-0', '01'),
);

const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt().map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
);

const float = fc
  .oneof(fc.double({ noNaN: true }), fc.integer().map(Number), fc.constantFrom(-0, 0, 1e16, Number.NaN))
  .map((value) => (Number.isSafeInteger(value) ? new PythonFloat(value) : value));

/** Any value that Python's JSON can hold. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), integer, float, anyText),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map(dict),
  ),
})).value;
