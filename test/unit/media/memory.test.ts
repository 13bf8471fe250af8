/** The medium in memory behaves like a file. */
import { expect, test } from 'vitest';
import { MemoryMedium } from '../../../src/media/memory.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

test('a file returns what was written, at any offset', () => {
  const file = new MemoryMedium().open('', true);
  file.write(bytes(1, 2, 3), 0);
  file.write(bytes(9), 1);
  const target = new Uint8Array(3);
  expect(file.read(target, 0)).toBe(3);
  expect(target).toEqual(bytes(1, 9, 3));
});

test('a read beyond the end returns the number of bytes read, and leaves the rest of the target unchanged', () => {
  const file = new MemoryMedium(bytes(1, 2, 3)).open('', false);
  const target = bytes(7, 7, 7, 7);
  expect(file.read(target, 2)).toBe(1);
  expect(target).toEqual(bytes(3, 7, 7, 7));
  expect(file.read(target, 10)).toBe(0);
});

test('a write beyond the end fills the gap with zeros', () => {
  const medium = new MemoryMedium(bytes(1));
  medium.open('', false).write(bytes(5), 10_000);
  const content = medium.bytes();
  expect(content).toHaveLength(10_001);
  expect(content.slice(1, 10_000).every((byte) => byte === 0)).toBe(true);
});

test('a file that was truncated and grows again reads as zeros there', () => {
  const medium = new MemoryMedium(bytes(1, 2, 3, 4));
  const file = medium.open('', false);
  file.truncate(2);
  file.truncate(4);
  expect(medium.bytes()).toEqual(bytes(1, 2, 0, 0));
});

test('a file can grow to megabytes page by page', () => {
  const file = new MemoryMedium().open('', true);
  const page = new Uint8Array(4096).fill(3);
  for (let index = 0; index < 1000; index++) file.write(page, index * page.length);
  expect(file.size()).toBe(4_096_000);
  const last = new Uint8Array(1);
  file.read(last, 4_095_999);
  expect(last).toEqual(bytes(3));
});

test('the initial content is copied, and so is the result of bytes()', () => {
  const from = bytes(1, 2, 3);
  const medium = new MemoryMedium(from);
  medium.open('', false).write(bytes(9), 0);
  expect(from).toEqual(bytes(1, 2, 3));
  medium.bytes().fill(0);
  expect(medium.bytes()).toEqual(bytes(9, 2, 3));
});

test('exists() is false for an empty file and for a removed one', () => {
  const medium = new MemoryMedium();
  expect(medium.exists('-journal')).toBe(false);
  const journal = medium.open('-journal', true);
  expect(medium.exists('-journal')).toBe(false);
  journal.write(bytes(1), 0);
  expect(medium.exists('-journal')).toBe(true);
  medium.remove('-journal');
  expect(medium.exists('-journal')).toBe(false);
  expect(() => medium.open('-journal', false)).toThrow(/no file/);
});
