/** A native `sqlite3` that a test controls, to stop it in the middle of a transaction. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export class NativeSession {
  readonly #child;
  #output = '';

  constructor(path: string) {
    this.#child = spawn('sqlite3', [path], { stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (data) => (this.#output += String(data)));
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Runs statements and returns what they printed, errors included. */
  async run(sql: string): Promise<string> {
    const end = `end of ${Math.random()}`;
    this.#output = '';
    this.#child.stdin.write(`${sql}\n.print ${end}\n`);
    while (!this.#output.includes(end)) await once(this.#child.stdout, 'data');
    return this.#output.slice(0, this.#output.indexOf(end)).trim();
  }

  /** Closes the program's input, as a user would, and waits until it has exited. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}
