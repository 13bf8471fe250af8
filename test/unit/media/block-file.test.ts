/** A file in blocks: after any writes, stores, folds and reverts it reads like a plain list of bytes. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockFile, blockSize, extentSize } from '../../../src/media/block-file.ts';
import { planFold, planWrite } from '../../../src/media/indexeddb/block-plan.ts';
import { assemble, extentSizes } from '../../../src/media/indexeddb/block-records.ts';
import { Records } from './records.ts';

/** About three extents, so that each step has neighbouring extents. */
const largest = 3 * extentSize;

type Step =
  | { readonly do: 'write'; readonly offset: number; readonly length: number; readonly byte: number }
  | { readonly do: 'truncate'; readonly size: number }
  | { readonly do: 'store' | 'fail' | 'fold' | 'reopen' };

const place = fc.oneof(
  fc.nat(largest),
  fc.nat(largest / blockSize).map((block) => block * blockSize),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      offset: place,
      length: fc.oneof(fc.constantFrom(512, 1024, 4096, 65_536), fc.integer({ min: 1, max: 100_000 })),
      byte: fc.integer({ min: 1, max: 255 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), size: place }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('store' as const, 'fail' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('fold' as const, 'reopen' as const) }) },
);

/** The same, as a plain list of bytes. */
class Model {
  bytes = new Uint8Array(0);
  durable = new Uint8Array(0);

  resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.bytes = bytes;
  }

  write(offset: number, source: Uint8Array): void {
    if (offset + source.length > this.bytes.length) this.resize(offset + source.length);
    this.bytes.set(source, offset);
  }
}

function content(file: BlockFile): Uint8Array {
  const bytes = new Uint8Array(file.size());
  expect(file.read(bytes, 0)).toBe(bytes.length);
  return bytes;
}

test.each([extentSizes.small, extentSizes.large])(
  'a file reads like a list of bytes after writing, storing, reverting, folding and reopening (%i)',
  (size) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        let file = new BlockFile();
        const records = new Records(size);
        const model = new Model();
        for (const one of steps) {
          switch (one.do) {
            case 'write': {
              const source = new Uint8Array(one.length).fill(one.byte);
              file.write(source, one.offset);
              model.write(one.offset, source);
              break;
            }
            case 'truncate':
              file.truncate(one.size);
              model.resize(one.size);
              break;
            case 'store':
              records.store(file, planWrite(file.changed, file.size(), file.durableSize, size));
              file.settle();
              model.durable = model.bytes.slice();
              break;
            case 'fail':
              file.revert();
              model.bytes = model.durable.slice();
              break;
            case 'fold':
              if (!file.isDurable) break;
              records.store(file, {
                extents: planFold(new Set(records.blocks.keys()), 0, 2, size),
                blocks: [],
                dropFrom: null,
              });
              break;
            case 'reopen': {
              const stored = assemble(records.found(), 'test');
              expect(stored.single).toEqual(new Set(records.blocks.keys()));
              file = new BlockFile(stored.extents, stored.header.size);
              model.bytes = model.durable.slice();
              break;
            }
          }
          expect(Buffer.compare(content(file), model.bytes)).toBe(0);
        }
        const { extents, header } = assemble(records.found(), 'test');
        expect(Buffer.compare(content(new BlockFile(extents, header.size)), model.durable)).toBe(0);
      }),
      { numRuns: 150 },
    );
  },
);

test.each([extentSizes.small, extentSizes.large])('truncated bytes do not reappear in a later gap (%i)', (size) => {
  const records = new Records(size);
  const store = (file: BlockFile) => {
    records.store(file, planWrite(file.changed, file.size(), file.durableSize, size));
    file.settle();
  };
  const file = new BlockFile();
  file.write(new Uint8Array(size).fill(7), 0);
  store(file);
  file.truncate(100);
  store(file);
  const { extents, header } = assemble(records.found(), 'test');
  const again = new BlockFile(extents, header.size);
  again.write(Uint8Array.of(1), 3 * blockSize);
  const expected = new Uint8Array(3 * blockSize + 1).fill(7, 0, 100);
  expected[3 * blockSize] = 1;
  expect(Buffer.compare(content(again), expected)).toBe(0);
});

test('a read beyond the end returns the number of bytes read', () => {
  const file = new BlockFile();
  file.write(Uint8Array.of(1, 2, 3), 0);
  const target = Uint8Array.of(7, 7, 7, 7);
  expect(file.read(target, 1)).toBe(2);
  expect(target).toEqual(Uint8Array.of(2, 3, 7, 7));
  expect(file.read(target, 10)).toBe(0);
});

test('a commit of three pages stores three blocks, however large the file is', () => {
  const file = new BlockFile();
  file.write(new Uint8Array(10 * extentSize), 0);
  file.settle();
  for (const page of [3, 100, 639]) file.write(new Uint8Array(blockSize).fill(1), page * blockSize);
  expect(planWrite(file.changed, file.size(), file.durableSize, extentSize)).toEqual({
    extents: [],
    blocks: [3, 100, 639],
    dropFrom: null,
  });
});

test('a file without changes is durable, also after a revert', () => {
  const file = new BlockFile();
  expect(file.isDurable).toBe(true);
  file.write(Uint8Array.of(1), 0);
  expect(file.isDurable).toBe(false);
  file.revert();
  expect(file.isDurable).toBe(true);
  expect(file.size()).toBe(0);
});
