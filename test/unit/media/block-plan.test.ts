/** Which records a change is stored as. */
import { expect, test } from 'vitest';
import { planFold, planWrite } from '../../../src/media/block-plan.ts';

/** So many numbers from `first` on. */
const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, n) => first + n);
const megabyte = 1024 * 1024;

test('seventeen blocks of one extent are stored as the extent, sixteen one by one', () => {
  const changed = [...range(0, 17), ...range(64, 16)];
  expect(planWrite(changed, megabyte, megabyte, 262_144)).toEqual({
    extents: [0],
    blocks: range(64, 16),
    dropFrom: null,
  });
});

test('two blocks are worth a small extent', () => {
  const plan = { extents: [1], blocks: [0, 8], dropFrom: null };
  expect(planWrite([0, 4, 6, 8], megabyte, megabyte, 16_384)).toEqual(plan);
});

test('what lies behind the end of a file that became shorter is dropped, and not stored', () => {
  // 65 blocks are left of 256: the second extent holds one of them.
  expect(planWrite(range(60, 196), 65 * 4096, megabyte, 262_144)).toEqual({
    extents: [],
    blocks: range(60, 5),
    dropFrom: { block: 65, extent: 2 },
  });
});

test('a page that is larger than a block, or smaller, counts by the blocks that it touches', () => {
  expect(planWrite([0], 512, 0, 262_144)).toEqual({ extents: [], blocks: [0], dropFrom: null });
});

test('folding begins with the extents that save most, and ends when few enough blocks are left', () => {
  const single = new Set([...range(0, 3), ...range(64, 40), ...range(128, 10)]);
  expect(planFold(single, 0, 9, 262_144)).toEqual([1, 2, 0]);
  expect(planFold(single, 13, 9, 262_144)).toEqual([1]);
  expect(planFold(single, 0, 2, 262_144)).toEqual([1, 2]);
  expect(planFold(single, 53, 9, 262_144)).toEqual([]);
});
