/**
 * Folds single blocks into their extents when nothing else is to be done, so that opening stays fast.
 *
 * A crash at any point is safe: each step is one transaction, which stores the extents and drops the blocks.
 */
import type { BlockFile } from './block-file.ts';
import { blockSize } from './block-file.ts';
import { planFold, type WritePlan } from './block-plan.ts';

/** How many single blocks may stay: opening takes 48 µs for each. */
const allowedBlocks = 256;
/** How many bytes one step folds: stored in about 6 ms, which a commit that comes meanwhile waits for. */
const foldedAtOnce = 512 * 1024;
/** How long nothing must have been stored before it begins, and the pause after each step, in milliseconds. */
const idleTime = 1000;
const stepPause = 50;

export class Folding {
  readonly #file: BlockFile;
  readonly #single = new Set<number>();
  readonly #extentSize: number;
  readonly #store: (plan: WritePlan) => Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #step: Promise<void> = Promise.resolve();
  #stopped = false;

  /**
   * @param single the blocks that have records of their own
   * @param store stores what a plan says, all or nothing
   */
  constructor(
    file: BlockFile,
    single: ReadonlySet<number>,
    extentSize: number,
    store: (plan: WritePlan) => Promise<void>,
  ) {
    this.#file = file;
    this.#extentSize = extentSize;
    this.#store = store;
    this.restart(single);
  }

  /** How many blocks have records of their own. */
  get singleBlocks(): number {
    return this.#single.size;
  }

  /** Waits for the step that is being stored, and begins no other until {@link resume}. */
  async pause(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#step;
  }

  /** Goes on, after a change that was stored in this way. */
  resume({ extents, blocks, dropFrom }: WritePlan): void {
    for (const block of blocks) this.#single.add(block);
    for (const extent of extents) this.#forget(extent);
    if (dropFrom !== null) for (const block of this.#single) if (block >= dropFrom.block) this.#single.delete(block);
    this.#wait(idleTime);
  }

  /** Goes on with what is stored now, whatever was before. */
  restart(single: ReadonlySet<number>): void {
    this.#single.clear();
    for (const block of single) this.#single.add(block);
    this.#wait(idleTime);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.pause();
  }

  #wait(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#single.size <= allowedBlocks) return;
    this.#timer = setTimeout(() => {
      this.#step = this.#fold();
    }, milliseconds);
  }

  /** Never rejects: it is tried again, and until then the blocks count as before. */
  async #fold(): Promise<void> {
    // In the middle of a transaction an extent may hold what is not to be stored.
    if (!this.#file.isDurable) return this.#wait(idleTime);
    const extents = planFold(this.#single, allowedBlocks, foldedAtOnce / this.#extentSize, this.#extentSize);
    try {
      await this.#store({ extents, blocks: [], dropFrom: null });
    } catch {
      return this.#wait(idleTime);
    }
    for (const extent of extents) this.#forget(extent);
    this.#wait(stepPause);
  }

  #forget(extent: number): void {
    const blocks = this.#extentSize / blockSize;
    for (let block = extent * blocks; block < (extent + 1) * blocks; block++) this.#single.delete(block);
  }
}
