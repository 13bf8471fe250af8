/** Single blocks are folded into extents while the database is idle, and only then. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DatabaseChanged, DatabaseTakenOver } from '../../../src/errors/index.ts';
import { BlockFile, extentSize } from '../../../src/media/block-file.ts';
import type { WritePlan } from '../../../src/media/indexeddb/block-plan.ts';
import { Folding } from '../../../src/media/indexeddb/folding.ts';

const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, n) => first + n);
/** Ten extents, each block of which has a record of its own. */
const everyBlock = new Set(range(0, 640));

function setUp(single: ReadonlySet<number> = everyBlock) {
  const file = new BlockFile();
  file.write(new Uint8Array(10 * extentSize), 0);
  file.settle();
  const plans: WritePlan[] = [];
  const store = vi.fn(async (plan: WritePlan) => void plans.push(plan));
  return { file, plans, store, folding: new Folding(file, single, extentSize, store) };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('blocks are folded after a second of rest, a few extents at a time, until few are left', async () => {
  const { plans, folding } = setUp();
  await vi.advanceTimersByTimeAsync(990);
  expect(plans).toEqual([]);
  await vi.advanceTimersByTimeAsync(500);
  expect(plans.map(({ extents }) => extents.length)).toEqual([2, 2, 2]);
  expect(folding.singleBlocks).toBe(256);
});

test('a change postpones folding, and what it stored is taken into account', async () => {
  const { plans, folding } = setUp();
  await vi.advanceTimersByTimeAsync(900);
  await folding.pause();
  folding.resume({ extents: [0], blocks: [64, 640], dropFrom: null });
  expect(folding.singleBlocks).toBe(640 - 64 + 1);
  await vi.advanceTimersByTimeAsync(900);
  expect(plans).toEqual([]);
  await folding.pause();
  folding.resume({ extents: [], blocks: [], dropFrom: { block: 10, extent: 1 } });
  expect(folding.singleBlocks).toBe(0);
  await vi.advanceTimersByTimeAsync(5000);
  expect(plans).toEqual([]);
});

test('nothing is folded during a transaction', async () => {
  const { file, plans } = setUp();
  file.write(Uint8Array.of(1), 0);
  await vi.advanceTimersByTimeAsync(5000);
  expect(plans).toEqual([]);
  file.settle();
  await vi.advanceTimersByTimeAsync(1500);
  expect(plans).not.toEqual([]);
});

test('a step that fails is retried', async () => {
  const { store, folding } = setUp();
  store.mockRejectedValueOnce(new Error('no space'));
  await vi.advanceTimersByTimeAsync(1010);
  expect(folding.singleBlocks).toBe(640);
  await vi.advanceTimersByTimeAsync(1500);
  expect(folding.singleBlocks).toBe(256);
});

test.each([new DatabaseTakenOver('/cl'), new DatabaseChanged('/cl was removed.', '/cl')])(
  'a step is not retried after %s',
  async (error) => {
    const { store } = setUp();
    store.mockRejectedValueOnce(error);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(store).toHaveBeenCalledTimes(1);
  },
);

test.each<readonly [string, () => Promise<undefined>]>([
  ['succeeds', () => Promise.resolve(undefined)],
  ['fails', () => Promise.reject(new Error('no space'))],
])('a step that ends while folding is paused, and %s, begins no other before it is resumed', async (_, end) => {
  const { store, folding } = setUp();
  let finish = (): void => {};
  store.mockImplementationOnce(() => new Promise<void>((resolve) => (finish = resolve)).then(end));
  await vi.advanceTimersByTimeAsync(1010);
  const paused = folding.pause();
  finish();
  await paused;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(store).toHaveBeenCalledTimes(1);
  folding.resume({ extents: [], blocks: [], dropFrom: null });
  await vi.advanceTimersByTimeAsync(1500);
  expect(folding.singleBlocks).toBe(256);
});

test('stop() waits for the step under way, and nothing is folded afterwards', async () => {
  const { store, folding } = setUp();
  let finish = (): void => {};
  store.mockImplementationOnce(() => new Promise<undefined>((resolve) => (finish = () => resolve(undefined))));
  await vi.advanceTimersByTimeAsync(1010);
  let stopped = false;
  const stopping = folding.stop().then(() => (stopped = true));
  await vi.advanceTimersByTimeAsync(100);
  expect(stopped).toBe(false);
  finish();
  await stopping;
  await vi.advanceTimersByTimeAsync(5000);
  expect(store).toHaveBeenCalledTimes(1);
});

test('few single blocks are not folded', async () => {
  const { store } = setUp(new Set(range(0, 256)));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(store).not.toHaveBeenCalled();
});
