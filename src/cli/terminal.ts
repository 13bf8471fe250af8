/** The streams of a command, and whether a person or a program is at their other end. */
import pico from 'picocolors';
import { errnoOf, storageFailure } from '../media/filesystem/failure.ts';
import { builtin, isAllowed, isHangUpIgnored } from '../runtime.ts';

/** The signals that stop a command. */
export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM';
type Process = typeof import('node:process');
type Stream = NodeJS.WriteStream;

export class Terminal {
  /** The arguments after the program's name. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly #process: Process;
  /** Whether the reader of the output has closed it, like `head` when it has enough. */
  #isOutputClosed = false;
  #hasOutput = false;
  /** Whether the terminal that a stream is connected to has gone. */
  #isGone = false;
  #stop: (signal: StopSignal) => void = () => {};

  constructor() {
    const host = builtin('node:process');
    if (host === undefined) throw new Error('The command line needs Node, Deno or Bun.');
    this.#process = host;
    this.arguments = host.argv.slice(2);
    this.environment = host.env;
    for (const stream of [host.stdout, host.stderr]) {
      // The failed write reports the error too.
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPIPE') this.#isOutputClosed = true;
      });
    }
  }

  get isOutputClosed(): boolean {
    return this.#isOutputClosed;
  }

  /** Whether anything was written to the output. */
  get hasOutput(): boolean {
    return this.#hasOutput;
  }

  /** Whether a person reads the output. */
  get forPeople(): boolean {
    return this.#process.stdout.isTTY === true;
  }

  /** Whether a person sees the error stream and can answer questions. */
  get interactive(): boolean {
    return this.#process.stdin.isTTY === true && this.#process.stderr.isTTY === true;
  }

  get errorStream(): Stream {
    return this.#process.stderr;
  }

  get columns(): number {
    return this.#process.stdout.columns || 80;
  }

  colors(stream: 'out' | 'error'): ReturnType<typeof pico.createColors> {
    const { NO_COLOR, FORCE_COLOR, TERM } = this.environment;
    const wanted =
      !NO_COLOR && (FORCE_COLOR ? FORCE_COLOR !== '0' : TERM !== 'dumb' && this.#stream(stream).isTTY === true);
    return pico.createColors(wanted);
  }

  /**
   * Writes to the output, respecting back-pressure.
   *
   * @throws {StorageFailure} if it is a file that cannot be written, for instance because the disk is full
   */
  async out(text: string): Promise<void> {
    await this.write('out', text);
  }

  async error(text: string): Promise<void> {
    await this.write('error', text);
  }

  async write(stream: 'out' | 'error', text: string): Promise<void> {
    if (this.#isOutputClosed) return;
    this.#hasOutput ||= stream === 'out';
    try {
      await new Promise<void>((resolve, reject) => {
        this.#stream(stream).write(text, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      if (errnoOf(error) === 'EPIPE') this.#isOutputClosed = true;
      // A failure of the error stream cannot be reported.
      else if (stream === 'out') throw storageFailure('write', 'the output', error);
    }
  }

  /** Reads the standard input to its end. */
  async input(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#process.stdin) chunks.push(chunk);
    const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
    let place = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, place);
      place += chunk.length;
    }
    return bytes;
  }

  /** Asks the user a yes/no question. */
  async confirm(question: string): Promise<boolean> {
    const readline = builtin('node:readline');
    if (readline === undefined || !this.interactive) return false;
    const { stdin: input, stderr: output } = this.#process;
    const asking = readline.createInterface({ input, output });
    try {
      const answer = await new Promise<string>((resolve) => {
        asking.on('close', () => resolve(''));
        asking.on('error', () => {
          this.#isGone = true;
          resolve('');
        });
        // During line editing, Ctrl-C is a key, not a signal.
        asking.on('SIGINT', () => {
          this.#stop('SIGINT');
          asking.close();
        });
        asking.question(`${question} [y/N] `, resolve);
      });
      return /^y(?:es)?$/i.test(answer.trim());
    } finally {
      asking.close();
    }
  }

  /** Calls back on every SIGINT, SIGTERM and, unless the program is to outlive its terminal, SIGHUP. */
  onStop(stop: (signal: StopSignal) => void): void {
    this.#stop = stop;
    const signals: readonly StopSignal[] = [
      'SIGINT',
      'SIGTERM',
      ...(this.#outlivesTerminal ? [] : ['SIGHUP' as const]),
    ];
    for (const signal of signals) {
      this.#process.on(signal, () => {
        this.#isGone ||= signal === 'SIGHUP' && this.#hasTerminal;
        stop(signal);
      });
    }
  }

  /** Listening to SIGHUP would undo `nohup`, which also leaves no stream on the terminal. */
  get #outlivesTerminal(): boolean {
    return isHangUpIgnored() ?? !this.#hasTerminal;
  }

  get #hasTerminal(): boolean {
    const { stdin, stdout, stderr } = this.#process;
    return [stdin, stdout, stderr].some(({ isTTY }) => isTTY === true);
  }

  /** Has the program exit with that code as soon as nothing keeps it running. */
  set exitCode(code: number) {
    this.#process.exitCode = code;
    if (this.#isGone) this.exit(code);
  }

  /** Ends the program. Without its terminal, whose settings it could not restore, Node would crash: a signal ends it. */
  exit(code: number): void {
    // To Deno, which does not crash, sending a signal needs the permission to run programs.
    if (!this.#isGone || !isAllowed({ name: 'run' })) this.#process.exit(code);
    this.#process.removeAllListeners('SIGHUP');
    this.#process.kill(this.#process.pid, 'SIGHUP');
  }

  #stream(stream: 'out' | 'error'): Stream {
    return stream === 'out' ? this.#process.stdout : this.#process.stderr;
  }
}
