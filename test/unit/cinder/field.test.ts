/** The values that each kind of field accepts, and their coercion, in assignments and in dumps alike. */
import { describe, expect, it } from 'vitest';
import { dict, keysOf } from '../../../src/cinder/dict.ts';
import { coerce, type Field, type FieldKind } from '../../../src/cinder/field.ts';
import { PythonFloat } from '../../../src/cinder/python-float.ts';
import { InvalidQoSSpecs, ValueError } from '../../../src/errors/index.ts';
import { parseJson } from '../../../src/serialization/json-parser.ts';
import { compact, jsonText } from '../../../src/serialization/json-text.ts';
import { nestedDicts, nestedLists } from '../serialization/nested.ts';
import { errorOf, pythonJson } from '../serialization/python-json.ts';

const field = (kind: FieldKind, traits: Partial<Field> = {}): Field => ({
  name: 'F',
  kind,
  nullable: true,
  column: true,
  ...traits,
});

class Something {}

/** Values that only JavaScript has: no dump holds them, and their text is never what was meant. */
const foreign: readonly (readonly [unknown, type: string])[] = [
  [() => 'x', 'Function'],
  [Symbol('x'), 'Symbol'],
  [new Date(0), 'Date'],
  [new Map(), 'Map'],
  [new Something(), 'Something'],
];

describe('null', () => {
  it('is kept by a nullable field, even if it has a default', () => {
    expect(coerce(field('string'), null)).toBeNull();
    expect(coerce(field('boolean', { default: true }), null)).toBeNull();
    expect(coerce(field('datetime'), undefined)).toBeNull();
  });

  it('becomes the default of a field that is not nullable', () => {
    expect(coerce(field({ enum: ['a', 'b'] }, { nullable: false, default: 'a' }), null)).toBe('a');
  });

  it('is refused by a field that is neither nullable nor has a default', () => {
    expect(() => coerce(field('uuid', { name: 'id', nullable: false }), null)).toThrow(
      new ValueError("Field `id' cannot be None"),
    );
  });
});

describe('a string', () => {
  it.each([
    ['', ''],
    ['x', 'x'],
    [5, '5'],
    [1.5, '1.5'],
    [new PythonFloat(2), '2.0'],
    [1e16, '1e+16'],
    [true, 'True'],
    [2n ** 70n, '1180591620717411303424'],
    ['\ud800', '\ud800'],
  ])('coerced from %o is %o', (value, expected) => {
    expect(coerce(field('string'), value)).toBe(expected);
  });

  it.each([[[], 'list'] as const, [{}, 'dict'] as const, ...foreign])('cannot be coerced from %o', (value, type) => {
    expect(() => coerce(field('string'), value)).toThrow(
      new ValueError(`A string is required in field F, not a ${type}`),
    );
  });

  it('may be very long', () => {
    const text = 'x'.repeat(10_000_000);
    expect(coerce(field('string'), text)).toBe(text);
  });
});

describe('a UUID', () => {
  it.each(pythonJson.stringified.filter(([text]) => text !== 'null'))(
    'coerced from %j is its str()',
    (text, expected) => {
      expect(coerce(field('uuid'), parseJson(text))).toBe(expected);
    },
  );

  it.each(foreign)('cannot be coerced from %o', (value, type) => {
    expect(() => coerce(field('uuid'), value)).toThrow(
      new ValueError(`A string is required in field F, not a ${type}`),
    );
  });

  it('cannot be coerced from a value that is nested too deeply', () => {
    expect(() => coerce(field('uuid'), nestedLists(100_000))).toThrow(ValueError);
  });
});

describe('an integer', () => {
  it.each(pythonJson.integers.filter(([text]) => text !== 'null'))(
    'coerced from %j is what int() gives',
    (text, expected) => {
      const make = () => coerce(field('integer'), parseJson(text));
      if ('value' in expected) expect(jsonText(make(), compact)).toBe(expected.value);
      else expect(make).toThrow(new ValueError(expected.error));
    },
  );

  it('is a number up to 2^53 - 1, and a bigint beyond', () => {
    expect(coerce(field('integer'), '9007199254740991')).toBe(9007199254740991);
    expect(coerce(field('integer'), '9007199254740992')).toBe(9007199254740992n);
    expect(coerce(field('integer'), 5n)).toBe(5);
    // More digits than a dump can hold: refused here, and not by every later dump.
    expect(() => coerce(field('integer'), 10n ** 4300n)).toThrow('value has 4301 digits');
    expect(Object.is(coerce(field('integer'), -0), 0)).toBe(true);
    expect(Object.is(coerce(field('integer'), -0.9), 0)).toBe(true);
  });

  it.each(foreign)('cannot be coerced from %o', (value, type) => {
    expect(() => coerce(field('integer'), value)).toThrow(
      new ValueError(`int() argument must be a string, a bytes-like object or a real number, not '${type}'`),
    );
  });
});

describe('a boolean', () => {
  it.each(pythonJson.truths.filter(([text]) => text !== 'null'))(
    'coerced from %j is its truth value in Python',
    (text, expected) => {
      expect(coerce(field('boolean'), parseJson(text))).toBe(expected);
    },
  );

  it('coerced from a value that only JavaScript has is true', () => {
    for (const [value] of foreign) expect(coerce(field('boolean'), value)).toBe(true);
  });
});

describe('a datetime', () => {
  it('is kept in its internal form', () => {
    expect(coerce(field('datetime'), '2023-01-02')).toBe('2023-01-02T00:00:00.000000Z');
  });

  it('cannot be coerced from a Date, which has no microseconds', () => {
    expect(() => coerce(field('datetime'), new Date(0))).toThrow(ValueError);
  });
});

describe('an enum', () => {
  const status = field({ enum: ['attached', 'reserved'] });

  it('accepts its values', () => {
    expect(coerce(status, 'reserved')).toBe('reserved');
  });

  it.each(['zz', '', 'ATTACHED', ' attached', 'toString'])('refuses %o with the message of Cinder', (value) => {
    expect(() => coerce(status, value)).toThrow(new ValueError(`Field value ${value} is invalid`));
  });

  it('shows a refused number as its text', () => {
    expect(() => coerce(status, 5)).toThrow(new ValueError('Field value 5 is invalid'));
  });

  it('gives InvalidQoSSpecs for the consumer of QoS specs', () => {
    const consumer = field({ enum: ['back-end', 'both'] }, { name: 'consumer' });
    const error = errorOf(() => coerce(consumer, 'middle'));
    expect(error).toBeInstanceOf(InvalidQoSSpecs);
    expect(error.message).toContain('back-end, both; not middle');
  });
});

describe('a list of strings', () => {
  it('coerces its elements to strings', () => {
    expect(coerce(field('strings'), ['a', 1, true])).toEqual(['a', '1', 'True']);
  });

  it('names the element that it refuses', () => {
    expect(() => coerce(field('strings'), ['a', []])).toThrow('A string is required in field F[1], not a list');
    expect(() => coerce(field('strings'), [null])).toThrow("Field `F[0]' cannot be None");
  });

  it.each(['a', 5, {}])('cannot be coerced from %o', (value) => {
    expect(() => coerce(field('strings'), value)).toThrow(ValueError);
  });
});

describe('a dict of strings', () => {
  it('coerces its values to strings, and keeps the order of its keys', () => {
    const given = dict<unknown>([
      ['b', 1],
      ['2', true],
      ['1', 'x'],
      ['__proto__', 1.5],
    ]);
    const value = coerce(field('dictOfStrings'), given);
    expect(jsonText(value, compact)).toBe('{"b":"1","2":"True","1":"x","__proto__":"1.5"}');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('is a copy', () => {
    const given = { a: 'x' };
    const value = coerce(field('dictOfStrings'), given);
    given.a = 'y';
    expect(value).toEqual({ a: 'x' });
  });

  it('names the key that it refuses', () => {
    expect(() => coerce(field('dictOfStrings'), { a: 'x', b: {} })).toThrow(
      new ValueError('A string is required in field F[b], not a dict'),
    );
  });

  it('refuses null values unless its values are nullable', () => {
    expect(() => coerce(field('dictOfStrings'), { a: null })).toThrow(new ValueError("Field `F[a]' cannot be None"));
    expect(coerce(field('dictOfNullableStrings'), { a: null, b: undefined, c: 1 })).toEqual({
      a: null,
      b: null,
      c: '1',
    });
  });

  it.each([['x', 'str'] as const, [5, 'int'] as const, [[], 'list'] as const, ...foreign])(
    'cannot be coerced from %o',
    (value, type) => {
      expect(() => coerce(field('dictOfStrings'), value)).toThrow(
        new ValueError(`A dict is required in field F, not a ${type}`),
      );
    },
  );
});

describe('a dict of anything', () => {
  const anything = field('dictOfAnything');

  it('keeps its values unchanged at every level', () => {
    const text = '{"b":[1,1.0,{"2":null,"1":1e+16}],"a":{"__proto__":{"x":18446744073709551616}}}';
    expect(jsonText(coerce(anything, parseJson(text)), compact)).toBe(text);
  });

  it('is a copy at every level', () => {
    const given = { conn: { data: { secret: 's' } } };
    const value = coerce(anything, given);
    given.conn.data.secret = 'other';
    expect(value).toEqual({ conn: { data: { secret: 's' } } });
  });

  it('cannot be coerced from cyclic or too deeply nested values', () => {
    const cycle: Record<string, unknown> = {};
    cycle['again'] = { cycle };
    expect(() => coerce(anything, cycle)).toThrow(ValueError);
    expect(() => coerce(anything, nestedDicts(100_000))).toThrow(ValueError);
  });

  it('accepts a value that occurs twice without being cyclic', () => {
    const shared = { x: 1 };
    expect(coerce(anything, { a: shared, b: [shared, shared] })).toEqual({ a: shared, b: [shared, shared] });
  });

  it('keeps the order of its keys', () => {
    const value = coerce(
      anything,
      dict([
        ['9', 1],
        ['a', 2],
        ['1', 3],
      ]),
    );
    expect(keysOf(Object(value))).toEqual(['9', 'a', '1']);
  });
});
