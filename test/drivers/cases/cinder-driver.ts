/** Cinder's own LVM driver, in a program of Python that runs beside the test: see test/drivers/guest/cinder_lvm.py. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { python } from '../../support/cinder.ts';

export type LvmType = 'default' | 'thin';

/** What Cinder is told of a volume: its name on the disk it knows itself. */
export interface CinderVolume {
  readonly id: string;
  readonly size: number;
}

export interface CinderSnapshot {
  readonly id: string;
  readonly volume_id: string;
  readonly volume_size: number;
}

/** Capacities as drivers report them, as far as they are compared. */
export type CinderPool = Readonly<Record<string, unknown>>;

interface Methods {
  /** What Cinder finds in the group, with sizes in GiB. */
  volumes(): Record<string, number>;
  stats(): CinderPool;
  create_volume(volume: CinderVolume): unknown;
  delete_volume(volume: CinderVolume): unknown;
  extend_volume(volume: CinderVolume, size: number): unknown;
  create_snapshot(snapshot: CinderSnapshot): unknown;
  delete_snapshot(snapshot: CinderSnapshot): unknown;
  create_cloned_volume(volume: CinderVolume, source: CinderVolume): unknown;
  create_volume_from_snapshot(volume: CinderVolume, snapshot: CinderSnapshot): unknown;
}

export class CinderDriver {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  #isReady = false;

  /** It takes its time to start: begin early. */
  constructor(script: string) {
    this.#child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async call<M extends keyof Methods>(
    lvm_type: LvmType,
    method: M,
    ...parameters: Parameters<Methods[M]>
  ): Promise<ReturnType<Methods[M]>> {
    if (!this.#isReady) await this.#line();
    this.#isReady = true;
    this.#child.stdin.write(`${JSON.stringify([lvm_type, method, ...parameters])}\n`);
    // Written by our own program.
    const answer = JSON.parse(await this.#line()) as { value: ReturnType<Methods[M]> } | { error: string };
    if ('error' in answer) throw new Error(`Cinder's ${method} failed: ${answer.error}`);
    return answer.value;
  }

  async end(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("The program of Cinder's driver has ended.");
    return value;
  }
}
