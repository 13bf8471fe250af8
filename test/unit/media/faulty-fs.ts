/** Node's file system, which fails at a chosen call: for faults that no test can ask of a real disk. */
import fs from 'node:fs';
import type { FileSystem } from '../../../src/media/filesystem/disk-file.ts';

/** The calls that reach the disk and that a medium makes. */
const calls = [
  'openSync',
  'closeSync',
  'readSync',
  'writeSync',
  'ftruncateSync',
  'fdatasyncSync',
  'fsyncSync',
  'fstatSync',
  'statSync',
  'unlinkSync',
  'fchownSync',
] as const;
type Call = (typeof calls)[number];

export interface Fault {
  /** Which call fails, counted from 1 among those that `only` allows. */
  readonly at: number;
  readonly errno: string;
  /** Whether all calls after it fail too, until {@link FaultyFs.heal}. */
  readonly lasting: boolean;
  readonly only?: readonly Call[];
  /** What happens before a write fails: half of it gets through. */
  readonly torn?: boolean;
  /** Whether the call takes effect before it fails. */
  readonly late?: boolean;
}

export class FaultyFs {
  readonly fs: FileSystem;
  /** The calls that were made since the fault was set. */
  readonly made: Call[] = [];
  #fault: Fault | null = null;
  fired: Call | null = null;

  constructor() {
    const replaced = calls.map((call) => [call, (...parameters: unknown[]) => this.#call(call, parameters)]);
    this.fs = { ...fs, ...(Object.fromEntries(replaced) as Partial<FileSystem>) };
  }

  set(fault: Fault): void {
    this.#fault = fault;
    this.fired = null;
    this.made.length = 0;
  }

  heal(): void {
    this.#fault = null;
  }

  #call(call: Call, parameters: unknown[]): unknown {
    const original = fs[call] as (...parameters: unknown[]) => unknown; // each is called as it was called
    const fault = this.#fault;
    if (fault === null || (fault.only !== undefined && !fault.only.includes(call))) return original(...parameters);
    this.made.push(call);
    const fails = fault.lasting ? this.made.length >= fault.at : this.made.length === fault.at;
    if (!fails) return original(...parameters);
    this.fired ??= call;
    // Systems free the descriptor also when closing it reports an error.
    if (fault.late === true || call === 'closeSync') original(...parameters);
    if (fault.torn === true && call === 'writeSync') {
      const [descriptor, bytes, start, length, position] = parameters as [number, Uint8Array, number, number, number];
      fs.writeSync(descriptor, bytes, start, Math.floor(length / 2), position);
    }
    throw Object.assign(new Error(`${fault.errno}: injected, ${call}`), { code: fault.errno, errno: -5 });
  }
}
