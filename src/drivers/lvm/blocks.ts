/** Copies and wipes the blocks of devices, with dd, so that they are on the disk when it ends. */
import type { Commands } from '../command.ts';

/** What a slow disk does in a second: how much longer than other commands a copy may take. */
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
    // Past the page cache: it would fill with what nobody reads again, and the other side sees it on the disk.
    const direct = from === zeros ? '' : ',direct';
    const flags = [`iflag=count_bytes,fullblock${direct}`, 'oflag=direct', 'conv=fdatasync,notrunc', 'status=none'];
    const timeout = this.#timeout + bytes / slowest;
    await this.#commands.run(program, [...words, ...parameters, ...flags], { timeout });
  }
}
