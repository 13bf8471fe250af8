/** isJson() and parseJson(), which are separate code, agree on what Python reads. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isJson } from '../../../src/serialization/is-json.ts';
import { parseJson } from '../../../src/serialization/json-parser.ts';

function canBeParsed(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}

const digits = (count: number): string => '7'.repeat(count);
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

test.each([
  ['{"a": [1, -0.5e+3, "\\u00e9\\n", null, true, {}]}', true],
  ['NaN', true],
  ['[NaN, Infinity, -Infinity, {"NaN": "Infinity]"}]', true],
  ...['-NaN', '+Infinity', '1NaN', 'NaN1', 'NaNNaN', '{NaN: 1}', '"a"NaN', 'nan', '-', '- 1'].map(no),
  ['"[[[[{{{{"', true],
  ...[
    '',
    ' ',
    '"',
    '"\\',
    '"\\"',
    '"\\x"',
    '"\\u12"',
    '"\n"',
    '"\u0000"',
    "'a'",
    '\ufeff1',
    '1 2',
    '[1,]',
    '{"a"}',
  ].map(no),
  ['"\u007f\u2028\ud800"', true],
  ['\t\r\n 1 ', true],
  ...['\u00a01', '\u000b1', '01', '1.', '.5', '1e', '0x10', '1_000'].map(no),
  [digits(4300), true],
  [`-${digits(4300)}`, true],
  [`${digits(4301)}.5`, true],
  [`1.${digits(5000)}`, true],
  [`1e${digits(5000)}`, true],
  [digits(4301), false],
  [`[-${digits(4301)}]`, false],
  [`"${digits(5000)}"`, true],
  [nested(1001), true],
  [nested(1002), false],
  [`{"a": ${nested(1000)}}`, true],
  [`{"a": ${nested(1001)}}`, false],
  [`[${nested(900)}, ${nested(900)}]`, true],
  [`"${'\\n'.repeat(1_000_000)}"`, true],
  [`"${'\\"'.repeat(1_000_000)}`, false],
] as const)('agree on text %#', (text, expected) => {
  expect(isJson(text)).toBe(expected);
  expect(canBeParsed(text)).toBe(expected);
});

function no(text: string): readonly [string, false] {
  return [text, false];
}

describe('any text', () => {
  const pieces = [
    '"',
    '\\',
    '\\"',
    '\\u',
    '00e9',
    '[',
    ']',
    '{',
    '}',
    ':',
    ',',
    ' ',
    '\n',
    '-',
    '+',
    '.',
    'e',
    'E',
    '0',
    '1',
  ];
  const piece = fc.constantFrom(...pieces, 'NaN', 'Infinity', 'null', 'true', 'a', '\u2028', digits(4301));

  test('of the pieces that JSON consists of', () => {
    const text = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (made) => isJson(made) === canBeParsed(made)),
      { numRuns: 20_000 },
    );
  });

  test('that is JSON, but for one piece', () => {
    const json = fc.json({ maxDepth: 4 });
    fc.assert(
      fc.property(json, fc.nat(), fc.nat(3), piece, (text, at, removed, added) => {
        const from = at % (text.length + 1);
        const changed = text.slice(0, from) + added + text.slice(from + removed);
        return isJson(changed) === canBeParsed(changed) && isJson(text);
      }),
      { numRuns: 20_000 },
    );
  });
});
