/**
 * Folds single blocks into their extents when the database is idle, so that opening stays fast.
 *
 * A crash at any point is safe: each step is one transaction, which stores extents and drops their blocks.
 */
import { DatabaseChanged, DatabaseTakenOver } from '../../errors/index.ts';
import type { BlockFile } from '../block-file.ts';
import { blockSize } from '../block-file.ts';
import { planFold, type WritePlan } from './block-plan.ts';

/** How many single blocks may stay: opening takes 48 µs for each. */
const allowedBlocks = 256;
/** How many bytes one step folds: storing them takes about 6 ms, which a commit in the meantime waits for. */
const foldedAtOnce = 512 * 1024;
/** How long the database must be idle before folding begins, and the pause after each step, in milliseconds. */
const idleTime = 1000;
const stepPause = 50;

export class Folding {
  readonly #file: BlockFile;
  readonly #single = new Set<number>();
  readonly #extentSize: number;
  readonly #store: (plan: WritePlan) => Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #step: Promise<void> = Promise.resolve();
  #paused = false;
  #stopped = false;

  /**
   * @param single the blocks that have records of their own
   * @param store carries out a plan, all or nothing
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
    this.#paused = true;
    clearTimeout(this.#timer);
    await this.#step;
  }

  /** Continues after a change that was stored by this plan. */
  resume({ extents, blocks, dropFrom }: WritePlan): void {
    for (const block of blocks) this.#single.add(block);
    for (const extent of extents) this.#forget(extent);
    if (dropFrom !== null) for (const block of this.#single) if (block >= dropFrom.block) this.#single.delete(block);
    this.#paused = false;
    this.#wait(idleTime);
  }

  /** Starts over with what is stored now. */
  restart(single: ReadonlySet<number>): void {
    this.#single.clear();
    for (const block of single) this.#single.add(block);
    this.#paused = false;
    this.#wait(idleTime);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.pause();
  }

  #wait(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#paused || this.#stopped || this.#single.size <= allowedBlocks) return;
    this.#timer = setTimeout(() => {
      this.#step = this.#fold();
    }, milliseconds);
  }

  /** Never rejects: the single blocks remain valid. A failed step is retried, unless the database is no longer ours. */
  async #fold(): Promise<void> {
    // In the middle of a transaction an extent may hold uncommitted data.
    if (!this.#file.isDurable) return this.#wait(idleTime);
    const extents = planFold(this.#single, allowedBlocks, foldedAtOnce / this.#extentSize, this.#extentSize);
    try {
      await this.#store({ extents, blocks: [], dropFrom: null });
    } catch (error) {
      if (!(error instanceof DatabaseTakenOver || error instanceof DatabaseChanged)) this.#wait(idleTime);
      return;
    }
    for (const extent of extents) this.#forget(extent);
    this.#wait(stepPause);
  }

  #forget(extent: number): void {
    const blocks = this.#extentSize / blockSize;
    for (let block = extent * blocks; block < (extent + 1) * blocks; block++) this.#single.delete(block);
  }
}
