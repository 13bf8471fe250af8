/**
 * Decides which records a change of a database is stored as.
 *
 * A commit is fast with small records, opening with few: so single blocks are stored beside the extents that
 * they belong to, overriding the extent's own bytes, and are folded into them when there is time.
 */
import { blockSize, piecesOf } from '../block-file.ts';

/** If more than this share of its blocks has changed, storing the whole extent is as fast as storing single blocks. */
const worthAnExtent = 1 / 4;

export interface WritePlan {
  /** Extents to store whole; single blocks that belong to them are dropped. */
  readonly extents: readonly number[];
  /** Single blocks to store. */
  readonly blocks: readonly number[];
  /** In a file that became shorter, the first block and extent beyond its end: records from there on are removed. */
  readonly dropFrom: { readonly block: number; readonly extent: number } | null;
}

/** How to store the dirty blocks of a file that was `before` bytes long and is now `size`. */
export function planWrite(changed: Iterable<number>, size: number, before: number, extentSize: number): WritePlan {
  const end = { block: piecesOf(size, blockSize), extent: piecesOf(size, extentSize) };
  const extents: number[] = [];
  const blocks: number[] = [];
  for (const [extent, members] of byExtent(changed, end.block, extentSize)) {
    if (members.length > (worthAnExtent * extentSize) / blockSize) extents.push(extent);
    else blocks.push(...members);
  }
  return { extents: ascending(extents), blocks: ascending(blocks), dropFrom: size < before ? end : null };
}

/**
 * Which extents to fold next: those with the most single blocks, until no more than `allowed` blocks are
 * left, and at most `atOnce`, so that a commit in the meantime does not wait for long.
 */
export function planFold(
  single: ReadonlySet<number>,
  allowed: number,
  atOnce: number,
  extentSize: number,
): readonly number[] {
  const extents = [...byExtent(single, Number.POSITIVE_INFINITY, extentSize)].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  const chosen: number[] = [];
  let left = single.size;
  for (const [extent, members] of extents) {
    if (left <= allowed || chosen.length === atOnce) break;
    chosen.push(extent);
    left -= members.length;
  }
  return chosen;
}

function byExtent(blocks: Iterable<number>, end: number, extentSize: number): Map<number, number[]> {
  const extents = new Map<number, number[]>();
  for (const block of blocks) {
    if (block >= end) continue;
    const extent = Math.floor((block * blockSize) / extentSize);
    const members = extents.get(extent);
    if (members === undefined) extents.set(extent, [block]);
    else members.push(block);
  }
  return extents;
}

function ascending(numbers: readonly number[]): readonly number[] {
  return [...numbers].sort((a, b) => a - b);
}
