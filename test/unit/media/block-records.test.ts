/** Invalid records are refused with the reason. */
import { expect, test } from 'vitest';
import { BlockFile, blockSize, extentSize } from '../../../src/media/block-file.ts';
import { assemble, type FoundRecords } from '../../../src/media/indexeddb/block-records.ts';
import { Records } from './records.ts';

/** One whole extent, and a block of the next with a record of its own. */
function found(): FoundRecords & { extents: Map<unknown, unknown>; blocks: Map<unknown, unknown>; header: object } {
  const file = new BlockFile();
  file.write(new Uint8Array(extentSize + blockSize).fill(1), 0);
  const records = new Records(extentSize);
  records.store(file, { extents: [0], blocks: [64], dropFrom: null });
  const { header, extents, blocks } = records.found();
  return { header: header as object, extents: new Map(extents), blocks: new Map(blocks) };
}

test('assemble() builds the file from valid records', () => {
  const { extents, header, single } = assemble(found(), 'x');
  expect(header.size).toBe(extentSize + blockSize);
  expect(extents.map((extent) => extent.length)).toEqual([extentSize, extentSize]);
  expect(single).toEqual(new Set([64]));
});

test.each([
  ['a foreign header', { header: { name: 'x' } }],
  ['a later format', { header: { ...found().header, format: 2 } }],
])('assemble() refuses %s as no database of this library', (_, change) => {
  expect(() => assemble({ ...found(), ...change }, 'x')).toThrow(expect.objectContaining({ name: 'NotADatabase' }));
});

test.each([
  ['its header is missing', { header: undefined }],
  ['its header is invalid', { header: { ...found().header, size: -1 } }],
  ['its header is invalid', { header: { ...found().header, block_size: 512 } }],
  ['its header is invalid', { header: { ...found().header, extent_size: 4096 } }],
  ['its extent 0 is invalid', { extents: new Map([[0, 'text']]) }],
  ['its extent 0 is invalid', { extents: new Map([[0, new Uint8Array(5)]]) }],
  ['its block 64 is invalid', { blocks: new Map([[64, new Uint8Array(5)]]) }],
  ['its block 64 is missing', { blocks: new Map() }],
  ['its block 0 is missing', { extents: new Map() }],
  ['its block 63 is missing', { extents: new Map([[0, new Uint8Array(extentSize - blockSize)]]) }],
])('assemble() reports damage: %s', (reason, change) => {
  expect(() => assemble({ ...found(), ...change }, 'x')).toThrow(
    expect.objectContaining({ name: 'DatabaseCorrupt', message: expect.stringContaining(reason) }),
  );
});
