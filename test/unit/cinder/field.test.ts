/** What each kind of field takes and what it makes of it, in assignments and in dumps alike. */
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

/** What only JavaScript has: no dump holds it, and its text is never meant. */
const foreign: readonly (readonly [unknown, type: string])[] = [
  [() => 'x', 'Function'],
  [Symbol('x'), 'Symbol'],
  [new Date(0), 'Date'],
  [new Map(), 'Map'],
  [new Something(), 'Something'],
];

describe('null', () => {
  it('is kept by a field that may be null, even by one with a default', () => {
    expect(coerce(field('string'), null)).toBeNull();
    expect(coerce(field('boolean', { default: true }), null)).toBeNull();
    expect(coerce(field('datetime'), undefined)).toBeNull();
  });

  it('becomes the default of a field that must have a value', () => {
    expect(coerce(field({ enum: ['a', 'b'] }, { nullable: false, default: 'a' }), null)).toBe('a');
  });

  it('is refused by a field that must have a value and has no default', () => {
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
  ])('made of %o is %o', (value, expected) => {
    expect(coerce(field('string'), value)).toBe(expected);
  });

  it.each([[[], 'list'] as const, [{}, 'dict'] as const, ...foreign])('cannot be made of %o', (value, type) => {
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
  it.each(pythonJson.stringified.filter(([text]) => text !== 'null'))('made of %j is its str()', (text, expected) => {
    expect(coerce(field('uuid'), parseJson(text))).toBe(expected);
  });

  it.each(foreign)('cannot be made of %o', (value, type) => {
    expect(() => coerce(field('uuid'), value)).toThrow(
      new ValueError(`A string is required in field F, not a ${type}`),
    );
  });

  it('cannot be made of a value without end', () => {
    expect(() => coerce(field('uuid'), nestedLists(100_000))).toThrow(ValueError);
  });
});

describe('an integer', () => {
  it.each(pythonJson.integers.filter(([text]) => text !== 'null'))(
    'made of %j is what int() makes',
    (text, expected) => {
      const make = () => coerce(field('integer'), parseJson(text));
      if ('value' in expected) expect(jsonText(make(), compact)).toBe(expected.value);
      else expect(make).toThrow(new ValueError(expected.error));
    },
  );

  it('is a number as far as that is exact, and a bigint beyond', () => {
    expect(coerce(field('integer'), '9007199254740991')).toBe(9007199254740991);
    expect(coerce(field('integer'), '9007199254740992')).toBe(9007199254740992n);
    expect(coerce(field('integer'), 5n)).toBe(5);
    // More digits than a dump could hold: refused here, and not by each dump from then on.
    expect(() => coerce(field('integer'), 10n ** 4300n)).toThrow('value has 4301 digits');
    expect(Object.is(coerce(field('integer'), -0), 0)).toBe(true);
    expect(Object.is(coerce(field('integer'), -0.9), 0)).toBe(true);
  });

  it.each(foreign)('cannot be made of %o', (value, type) => {
    expect(() => coerce(field('integer'), value)).toThrow(
      new ValueError(`int() argument must be a string, a bytes-like object or a real number, not '${type}'`),
    );
  });
});

describe('a boolean', () => {
  it.each(pythonJson.truths.filter(([text]) => text !== 'null'))(
    'made of %j is its truth to Python',
    (text, expected) => {
      expect(coerce(field('boolean'), parseJson(text))).toBe(expected);
    },
  );

  it('is true for what only JavaScript has', () => {
    for (const [value] of foreign) expect(coerce(field('boolean'), value)).toBe(true);
  });
});

describe('a datetime', () => {
  it('is kept in its inner form', () => {
    expect(coerce(field('datetime'), '2023-01-02')).toBe('2023-01-02T00:00:00.000000Z');
  });

  it('cannot be made of a Date, which has no microseconds', () => {
    expect(() => coerce(field('datetime'), new Date(0))).toThrow(ValueError);
  });
});

describe('an enum', () => {
  const status = field({ enum: ['attached', 'reserved'] });

  it('takes its values', () => {
    expect(coerce(status, 'reserved')).toBe('reserved');
  });

  it.each(['zz', '', 'ATTACHED', ' attached', 'toString'])('refuses %o with the message of Cinder', (value) => {
    expect(() => coerce(status, value)).toThrow(new ValueError(`Field value ${value} is invalid`));
  });

  it('shows a number as the text that it stands for', () => {
    expect(() => coerce(status, 5)).toThrow(new ValueError('Field value 5 is invalid'));
  });

  it('has an error of its own for the consumer of QoS specs', () => {
    const consumer = field({ enum: ['back-end', 'both'] }, { name: 'consumer' });
    const error = errorOf(() => coerce(consumer, 'middle'));
    expect(error).toBeInstanceOf(InvalidQoSSpecs);
    expect(error.message).toContain('back-end, both; not middle');
  });
});

describe('a list of strings', () => {
  it('makes strings of its elements', () => {
    expect(coerce(field('strings'), ['a', 1, true])).toEqual(['a', '1', 'True']);
  });

  it('names the element that it cannot take', () => {
    expect(() => coerce(field('strings'), ['a', []])).toThrow('A string is required in field F[1], not a list');
    expect(() => coerce(field('strings'), [null])).toThrow("Field `F[0]' cannot be None");
  });

  it.each(['a', 5, {}])('cannot be made of %o', (value) => {
    expect(() => coerce(field('strings'), value)).toThrow(ValueError);
  });
});

describe('a dict of strings', () => {
  it('makes strings of its values and keeps the order of its keys', () => {
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

  it('names the key that it cannot take', () => {
    expect(() => coerce(field('dictOfStrings'), { a: 'x', b: {} })).toThrow(
      new ValueError('A string is required in field F[b], not a dict'),
    );
  });

  it('refuses a null value, unless it is one of strings or null', () => {
    expect(() => coerce(field('dictOfStrings'), { a: null })).toThrow(new ValueError("Field `F[a]' cannot be None"));
    expect(coerce(field('dictOfNullableStrings'), { a: null, b: undefined, c: 1 })).toEqual({
      a: null,
      b: null,
      c: '1',
    });
  });

  it.each([['x', 'str'] as const, [5, 'int'] as const, [[], 'list'] as const, ...foreign])(
    'cannot be made of %o',
    (value, type) => {
      expect(() => coerce(field('dictOfStrings'), value)).toThrow(
        new ValueError(`A dict is required in field F, not a ${type}`),
      );
    },
  );
});

describe('a dict of anything', () => {
  const anything = field('dictOfAnything');

  it('keeps its values as they are, at every level', () => {
    const text = '{"b":[1,1.0,{"2":null,"1":1e+16}],"a":{"__proto__":{"x":18446744073709551616}}}';
    expect(jsonText(coerce(anything, parseJson(text)), compact)).toBe(text);
  });

  it('is a copy at every level', () => {
    const given = { conn: { data: { secret: 's' } } };
    const value = coerce(anything, given);
    given.conn.data.secret = 'other';
    expect(value).toEqual({ conn: { data: { secret: 's' } } });
  });

  it('cannot be made of values without end, nor of such as are nested too deeply', () => {
    const cycle: Record<string, unknown> = {};
    cycle['again'] = { cycle };
    expect(() => coerce(anything, cycle)).toThrow(ValueError);
    expect(() => coerce(anything, nestedDicts(100_000))).toThrow(ValueError);
  });

  it('shares what is in it twice without calling it a circle', () => {
    const shared = { x: 1 };
    expect(coerce(anything, { a: shared, b: [shared, shared] })).toEqual({ a: shared, b: [shared, shared] });
  });

  it('keeps keys in the order in which they were', () => {
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
