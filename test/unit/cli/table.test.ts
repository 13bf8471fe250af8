/** Tables of the command line, in terminals of any width. */
import { expect, test } from 'vitest';
import { tableText } from '../../../src/cli/table.ts';

const columns = [
  { title: 'id', ids: true },
  { title: 'name' },
  { title: 'size', alignment: 'right' },
  { title: 'status' },
] as const;
const one = 'e77bda8f-a767-42ec-a7ba-33353304438f';
const other = 'ff3d229b-7bc3-4fa8-baa1-cb2e2b5188a9';
const rows = [
  [one, 'a name of many words', '2147483647', 'available'],
  [other, 'b', '3', 'error'],
];
const lines = (width: number, content: readonly (readonly string[])[] = rows): string[] =>
  tableText(columns, content, width, (title) => title)
    .trimEnd()
    .split('\n');

test('other columns are cut before ids and numbers', () => {
  for (const width of [70, 80, 100]) {
    const [title, first] = lines(width);
    expect(title).toMatch(/^id {36}name/);
    expect(first).toContain(`${one}  a name`);
    expect(first).toContain('2147483647');
    for (const line of lines(width)) expect(line.length).toBeLessThanOrEqual(width);
  }
});

test('ids are cut in a narrow terminal, but numbers never', () => {
  for (const width of [40, 50, 60]) {
    const [, first, second] = lines(width);
    expect(first).toMatch(/^e77bda8f {2}a name.*2147483647/);
    expect(second).toMatch(/^ff3d229b {2}b /);
    for (const line of lines(width)) expect(line.length).toBeLessThanOrEqual(width);
  }
});

test('cut ids stay long enough to be distinguished', () => {
  const alike = ['volume-001', 'volume-002', 'volume-0030000000000000000000'].map((id) => [id, 'n', '1', 'available']);
  expect(lines(40, alike).map((line) => line.split(' ')[0])).toEqual(['id', 'volume-001', 'volume-002', 'volume-003']);
});

test('no character is cut in half', () => {
  // Two UTF-16 units and two cells each, after a prefix of any length.
  for (let length = 0; length < 4; length++) {
    const name = 'x'.repeat(length) + '😀'.repeat(100) + 'e\u0301'.repeat(100);
    for (let width = 56; width < 72; width++) {
      const [, first = ''] = lines(width, [[one, name, '1', 'error']]);
      expect(first.isWellFormed(), first).toBe(true);
      expect(first).toMatch(/…/);
    }
  }
});
