/** Native SQLite in separate processes, each with one connection that stays open: `sqlite3`, and Python's module. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { TestContext } from 'vitest';
import { type NativeProgram, needed } from './native-programs.ts';

/** Runs statements, each a line of JSON, and answers with the rows or the error. */
const pythonProgram = `
import json, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
for line in sys.stdin:
    try:
        rows = connection.execute(json.loads(line)).fetchall()
        answer = '\\n'.join('|'.join(map(str, row)) for row in rows)
    except sqlite3.Error as error:
        answer = 'error: ' + str(error)
    print(json.dumps(answer), flush=True)
`;

interface NativeSqlite {
  readonly name: NativeProgram;
  start(path: string): NativeShell;
}

export const sqlite3: NativeSqlite = { name: 'sqlite3', start: (path) => new SqliteShell(path) };
export const python3: NativeSqlite = { name: 'python3', start: (path) => new PythonShell(path) };

/** Skips a test on systems that do not show the locks of other processes. */
export function needsLockTable(context: TestContext): void {
  context.skip(process.platform !== 'linux', 'only Linux shows the locks of other programs');
}

/** Locks a database's shared memory and not its file, as a user of the write-ahead log may. Killed by the caller. */
export async function holdSharedMemory(database: string): Promise<ChildProcessWithoutNullStreams> {
  writeFileSync(`${database}-shm`, Buffer.alloc(32_768));
  const program =
    'import fcntl, os, sys\nfcntl.lockf(os.open(sys.argv[1], os.O_RDWR), fcntl.LOCK_SH, 1, 128)\n' +
    "print('held', flush=True)\nsys.stdin.read()";
  const child = spawn(needed('python3'), ['-c', program, `${database}-shm`]);
  await once(child.stdout, 'data');
  return child;
}

export abstract class NativeShell {
  protected readonly child: ChildProcessWithoutNullStreams;

  constructor(program: NativeProgram, parameters: readonly string[]) {
    this.child = spawn(needed(program), parameters);
    this.child.stdin.on('error', () => {}); // It may have exited already.
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Runs one statement. Returns its rows, one per line with `|` between the values, or `error: …`. */
  abstract run(sql: string): Promise<string>;

  /** Kills it, whatever it is doing. */
  kill(): Promise<void> {
    return this.#end(() => this.child.kill('SIGKILL'));
  }

  /** Shuts it down in order. */
  close(): Promise<void> {
    return this.#end(() => this.child.stdin.end());
  }

  async #end(how: () => void): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    how();
    await ended;
  }
}

class PythonShell extends NativeShell {
  #lines = '';

  constructor(path: string) {
    super('python3', ['-c', pythonProgram, path]);
    this.child.stdout.setEncoding('utf8');
  }

  async run(sql: string): Promise<string> {
    this.child.stdin.write(`${JSON.stringify(sql)}\n`);
    while (!this.#lines.includes('\n')) this.#lines += String((await once(this.child.stdout, 'data'))[0]);
    const [line = '', ...rest] = this.#lines.split('\n');
    this.#lines = rest.join('\n');
    return JSON.parse(line) as string; // The program prints nothing else.
  }
}

class SqliteShell extends NativeShell {
  readonly #texts = { stdout: '', stderr: '' };
  #sent = 0;

  constructor(path: string) {
    super('sqlite3', ['-batch', '-init', '/dev/null', path]);
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name].setEncoding('utf8').on('data', (text: string) => {
        this.#texts[name] += text;
      });
    }
  }

  async run(sql: string): Promise<string> {
    // The end is marked on both streams: on stderr by a command that does not exist.
    const mark = `zz${++this.#sent}`;
    this.child.stdin.write(`${sql.replace(/;?$/, ';')}\n.print ${mark}\n.${mark}\n`);
    while (!this.#texts.stdout.includes(`${mark}\n`) || !this.#texts.stderr.includes(`"${mark}"`)) {
      await Promise.race([once(this.child.stdout, 'data'), once(this.child.stderr, 'data')]);
    }
    const { stdout, stderr } = this.#texts;
    this.#texts.stdout = '';
    this.#texts.stderr = '';
    const complaint = stderr.split('\n').filter((line) => line !== '' && !line.includes(`"${mark}"`));
    return complaint.length > 0 ? `error: ${complaint.join(' ')}` : stdout.slice(0, stdout.indexOf(mark)).trimEnd();
  }
}
