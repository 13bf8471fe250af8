/** Copies and wipes block devices with dd, which flushes them to disk before it exits. */
import type { Commands } from '../command.ts';

/** Bytes per second of a slow disk, by which the time limit of a copy is extended. */
const slowest = 4 << 20;

const zeros = '/dev/zero';

export class Blocks {
  readonly #commands: Commands;
  readonly #blockSize: string;
  readonly #timeout: number;

  constructor(commands: Commands, blockSize: string, timeout: number) {
    this.#commands = commands;
    this.#blockSize = blockSize;
    this.#timeout = timeout;
  }

  async copy(from: string, to: string, bytes: number): Promise<void> {
    await this.#dd([], from, to, bytes);
  }

  /** @param ionice The option of ionice; null for the ordinary priority. */
  async wipe(path: string, bytes: number, ionice: string | null): Promise<void> {
    await this.#dd(ionice === null ? [] : ['ionice', ionice], zeros, path, bytes);
  }

  async #dd(before: readonly string[], from: string, to: string, bytes: number): Promise<void> {
    const [program = 'dd', ...words] = [...before, 'dd'];
    const parameters = [`if=${from}`, `of=${to}`, `bs=${this.#blockSize}`, `count=${bytes}`];
    // Bypass the page cache: the data would only fill it, and other users of the device must find it on disk.
    const direct = from === zeros ? '' : ',direct';
    const flags = [`iflag=count_bytes,fullblock${direct}`, 'oflag=direct', 'conv=fdatasync,notrunc', 'status=none'];
    const timeout = this.#timeout + bytes / slowest;
    await this.#commands.run(program, [...words, ...parameters, ...flags], { timeout });
  }
}
