/** Records as IndexedDB would keep them, in a plain map: what plans are carried out on in tests. */
import type { BlockFile } from '../../../src/media/block-file.ts';
import { blockSize } from '../../../src/media/block-file.ts';
import type { WritePlan } from '../../../src/media/indexeddb/block-plan.ts';
import { type FoundRecords, newHeader } from '../../../src/media/indexeddb/block-records.ts';

export class Records {
  readonly extents = new Map<number, Uint8Array>();
  readonly blocks = new Map<number, Uint8Array>();
  readonly extentSize: number;
  size = 0;

  constructor(extentSize: number) {
    this.extentSize = extentSize;
  }

  store(file: BlockFile, { extents, blocks, dropFrom }: WritePlan): void {
    for (const extent of extents) {
      this.extents.set(extent, file.extent(extent, this.extentSize).slice());
      for (const block of this.blocks.keys()) {
        if (Math.floor((block * blockSize) / this.extentSize) === extent) this.blocks.delete(block);
      }
    }
    for (const block of blocks) this.blocks.set(block, file.block(block));
    if (dropFrom !== null) {
      for (const extent of this.extents.keys()) if (extent >= dropFrom.extent) this.extents.delete(extent);
      for (const block of this.blocks.keys()) if (block >= dropFrom.block) this.blocks.delete(block);
    }
    this.size = file.size();
  }

  /** What a new reader finds: copies, as IndexedDB gives them. */
  found(): FoundRecords {
    const copies = (map: ReadonlyMap<number, Uint8Array>) =>
      new Map([...map].map(([key, value]) => [key, value.slice()]));
    return {
      header: { ...newHeader(this.extentSize), size: this.size, changes: 1, epoch: 1 },
      extents: copies(this.extents),
      blocks: copies(this.blocks),
    };
  }
}
