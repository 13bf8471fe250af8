/** The records as which a change is stored. */
import { expect, test } from 'vitest';
import { planFold, planWrite } from '../../../src/media/indexeddb/block-plan.ts';

/** That many numbers, starting with `first`. */
const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, n) => first + n);
const megabyte = 1024 * 1024;

test('seventeen changed blocks of an extent are stored as the extent, sixteen one by one', () => {
  const changed = [...range(0, 17), ...range(64, 16)];
  expect(planWrite(changed, megabyte, megabyte, 262_144)).toEqual({
    extents: [0],
    blocks: range(64, 16),
    dropFrom: null,
  });
});

test('two changed blocks are enough to store a small extent whole', () => {
  const plan = { extents: [1], blocks: [0, 8], dropFrom: null };
  expect(planWrite([0, 4, 6, 8], megabyte, megabyte, 16_384)).toEqual(plan);
});

test('blocks beyond the end of a truncated file are dropped, not stored', () => {
  // 65 of 256 blocks remain: the second extent holds one of them.
  expect(planWrite(range(60, 196), 65 * 4096, megabyte, 262_144)).toEqual({
    extents: [],
    blocks: range(60, 5),
    dropFrom: { block: 65, extent: 2 },
  });
});

test('a page smaller than a block is stored as its block', () => {
  expect(planWrite([0], 512, 0, 262_144)).toEqual({ extents: [], blocks: [0], dropFrom: null });
});

test('folding takes the extents with the most single blocks first, until few enough are left', () => {
  const single = new Set([...range(0, 3), ...range(64, 40), ...range(128, 10)]);
  expect(planFold(single, 0, 9, 262_144)).toEqual([1, 2, 0]);
  expect(planFold(single, 13, 9, 262_144)).toEqual([1]);
  expect(planFold(single, 0, 2, 262_144)).toEqual([1, 2]);
  expect(planFold(single, 53, 9, 262_144)).toEqual([]);
});
