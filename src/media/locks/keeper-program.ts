/**
 * A native connection in a process of its own: the `sqlite3` program, controlled through its stdin.
 *
 * It ends when its stdin does, and so with this process, however that ends. It does not keep this process alive.
 */
import { builtin, hostProcess, isAllowed } from '../../runtime.ts';
import { isShortage, storageFailure } from '../filesystem/failure.ts';
import { type NativeRunner, nativePatience, RunnerLost } from './keeper.ts';

type Child = import('node:child_process').ChildProcessByStdio<
  import('node:stream').Writable,
  null,
  import('node:stream').Readable
>;

interface Waiting {
  readonly mark: string;
  readonly resolve: (complaint: string) => void;
  readonly reject: (reason: RunnerLost) => void;
}

/** Milliseconds until a silent program counts as stopped: no command takes longer than {@link nativePatience}. */
const answerTimeout = 10_000;
const endTimeout = 1000;

export class ProgramRunner implements NativeRunner {
  readonly #child: Child;
  readonly #waiting: Waiting[] = [];
  #text = '';
  #sent = 0;
  #lost: RunnerLost | null = null;

  private constructor(child: Child) {
    this.#child = child;
    child.on('error', (error) => this.#lose(`sqlite3 could not be started: ${error.message}`));
    child.on('exit', (code, signal) => this.#lose(`sqlite3 ended with ${signal ?? `code ${code}`}`));
    // The `exit` event tells why it ended.
    child.stdin.on('error', () => {});
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#keepAlive(false);
  }

  /**
   * Null where there is no such program.
   *
   * @throws {StorageFailure} when it could not be started for lack of descriptors, processes or memory
   */
  static async start(path: string): Promise<ProgramRunner | null> {
    const processes = builtin('node:child_process');
    const nowhere = builtin('node:os')?.devNull;
    if (processes === undefined || nowhere === undefined) return null;
    // It is found through PATH in the environment.
    if (!isAllowed({ name: 'run' }) || !isAllowed({ name: 'env' })) return null;
    // Without the user's own settings, which may change how it answers, or the database.
    const parameters = ['-batch', '-init', nowhere, path];
    try {
      const child = processes.spawn('sqlite3', parameters, {
        stdio: ['pipe', 'ignore', 'pipe'],
        // Detached from the terminal: an interrupt is for this program, which may want to continue for a while.
        detached: true,
        windowsHide: true,
      });
      if (child.pid === undefined) throw await failureOf(child);
      const runner = new ProgramRunner(child);
      await runner.run(`.timeout ${nativePatience}`);
      return runner;
    } catch (error) {
      if (isShortage(error)) throw storageFailure('start sqlite3 to lock', path, error);
      return null;
    }
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  get alive(): boolean {
    return this.#lost === null;
  }

  run(sql: string): Promise<string> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    this.#sent += 1;
    // Answers and errors come on two streams, in no common order. So an unknown command, which causes an error
    // of its own, marks the end of SQLite's errors on the error stream.
    const mark = `.zz${this.#sent}`;
    const command = sql.startsWith('.') ? sql : `${sql};`;
    const timer = setTimeout(() => this.#kill(), answerTimeout);
    this.#keepAlive(true);
    const answer = new Promise<string>((resolve, reject) => {
      this.#waiting.push({ mark: mark.slice(1), resolve, reject });
      this.#child.stdin.write(`${command}\n${mark}\n`);
    });
    return answer.finally(() => {
      clearTimeout(timer);
      if (this.#waiting.length === 0) this.#keepAlive(false);
    });
  }

  async close(): Promise<void> {
    if (this.#lost !== null) return;
    const ended = new Promise((resolve) => void this.#child.once('exit', resolve));
    const timer = setTimeout(() => this.#kill(), endTimeout);
    this.#keepAlive(true);
    this.#child.stdin.end();
    await ended;
    clearTimeout(timer);
  }

  /** Kills it and, where `sqlite3` is a script, what that has started: they are a process group, being detached. */
  #kill(): void {
    try {
      hostProcess()?.kill(-Number(this.#child.pid), 'SIGKILL');
    } catch {
      // Windows has no process groups.
      this.#child.kill('SIGKILL');
    }
  }

  #read(text: string): void {
    this.#text += text;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const at = this.#text.indexOf(`"${next.mark}"`);
      const end = at < 0 ? -1 : this.#text.indexOf('\n', at);
      if (end < 0) return;
      const start = this.#text.lastIndexOf('\n', at) + 1;
      const complaint = this.#text.slice(0, start).trim();
      this.#text = this.#text.slice(end + 1);
      this.#waiting.shift();
      next.resolve(complaint);
    }
  }

  #lose(reason: string): void {
    if (this.#lost !== null) return;
    this.#lost = new RunnerLost(reason);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
  }

  /** Its pipes are sockets, which the types do not say. */
  #keepAlive(keep: boolean): void {
    for (const part of [this.#child, this.#child.stdin, this.#child.stderr]) {
      const { ref, unref } = part as { ref?: () => void; unref?: () => void };
      (keep ? ref : unref)?.call(part);
    }
  }
}

/** Why a program did not start, which Node reports later. */
function failureOf(child: Child): Promise<unknown> {
  return new Promise((resolve) => child.once('error', resolve));
}
