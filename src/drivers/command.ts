/**
 * Runs programs of this host for drivers and connectors: each argument as an argument, never through a shell;
 * as root, directly or by the `root_helper`; for a limited time.
 */
import { CommandFailed, CommandTimedOut, MissingDependency } from '../errors/index.ts';
import { builtin, environment, waitable } from '../runtime.ts';

export interface CommandOptions {
  /** How commands become root's, such as `sudo`; without it they run as who runs this program. */
  readonly rootHelper: string;
  /** Seconds that a command may take. */
  readonly timeout: number;
  /** Variables of the environment that commands get beside those of this program. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether this program is root's, and needs no helper; the system is asked unless it is given. */
  readonly asRoot?: boolean;
}

export interface RunOptions {
  /** What the program reads. */
  readonly input?: string;
  /** Seconds in place of those of {@link CommandOptions}. */
  readonly timeout?: number;
}

/** The Debian packages of programs that a host may lack. */
const packages: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['lvs', 'vgs', 'lvcreate', 'lvremove', 'lvextend', 'lvchange'].map((name) => [name, 'lvm2'])),
  tgtadm: 'tgt',
  iscsiadm: 'open-iscsi',
  modprobe: 'kmod',
};

/** Where programs of administrators are, which the path of other users leaves out. */
const administrators = '/usr/sbin/';
/** For a program to end after it was asked to, in milliseconds, before it is made to. */
const grace = 2000;

export class Commands {
  readonly #options: CommandOptions;
  readonly #asRoot: boolean;
  readonly #helper: readonly string[];

  constructor(options: CommandOptions) {
    this.#options = options;
    this.#asRoot = options.asRoot ?? isRoot();
    this.#helper = this.#asRoot ? [] : options.rootHelper.split(/\s+/).filter((word) => word !== '');
  }

  /**
   * Whether commands run as root, as far as that can be told beforehand.
   *
   * @throws MissingDependency when they do not.
   */
  checkRoot(): void {
    if (builtin('node:child_process') === undefined) {
      throw new MissingDependency('programs', 'This needs programs of the host: it works on Node, Deno and Bun.');
    }
    if (this.#asRoot || this.#helper.length > 0) return;
    throw new MissingDependency(
      'root',
      "This needs to be root: run the program as root, or set root_helper, such as 'sudo', in setup() or the backend.",
    );
  }

  /**
   * Runs the program and gives what it printed.
   *
   * @throws MissingDependency when this host does not have it; CommandFailed; CommandTimedOut.
   */
  async run(program: string, parameters: readonly string[], options: RunOptions = {}): Promise<string> {
    try {
      return await this.#run(program, program, parameters, options);
    } catch (error) {
      if (!(error instanceof MissingDependency) || error.missing !== program) throw error;
      return this.#run(program, `${administrators}${program}`, parameters, options);
    }
  }

  async #run(name: string, program: string, parameters: readonly string[], options: RunOptions): Promise<string> {
    const variables = { ...this.#options.environment, LC_ALL: 'C' };
    // By `env`, where there is a helper: those such as sudo drop the environment.
    const assignments = Object.entries(variables).map(([key, value]) => `${key}=${value}`);
    const before = this.#helper.length === 0 ? [] : [...this.#helper, 'env', ...assignments];
    const seconds = options.timeout ?? this.#options.timeout;
    const { code, stdout, stderr, timedOut } = await execute({
      words: [...before, program, ...parameters],
      helper: this.#helper,
      env: { ...environment(), ...variables },
      input: options.input ?? '',
      seconds,
    });
    if (code === 0) return stdout;
    if (timedOut) throw new CommandTimedOut(name, seconds);
    if (isMissing(program, code, stderr)) throw missing(name);
    const hint = this.#helper.length > 0 && /password|sudo:/.test(stderr) ? helperHint : '';
    throw new CommandFailed(name, code, stderr.trim().slice(0, 2000), hint);
  }
}

const helperHint = ' The root_helper must work without asking: allow it in sudoers (NOPASSWD), or run as root.';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

interface Execution {
  readonly words: readonly string[];
  /** What runs them as root. */
  readonly helper: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: string;
  readonly seconds: number;
}

function execute({ words, helper, env, input, seconds }: Execution): Promise<Outcome> {
  const [program = '', ...parameters] = words;
  const processes = builtin('node:child_process');
  if (processes === undefined) throw missing(program);
  return new Promise((resolve, reject) => {
    const child = processes.spawn(program, parameters, { stdio: 'pipe', env });
    let [stdout, stderr, timedOut] = ['', '', false];
    const stop = (): void => {
      timedOut = true;
      send(processes, child, 'TERM', helper);
      kill = setTimeout(() => {
        send(processes, child, 'KILL', helper);
        settle(null);
      }, grace);
    };
    const timer = setTimeout(stop, waitable(seconds * 1000));
    let kill: ReturnType<typeof setTimeout> | undefined;
    const settle = (code: number | null): void => {
      clearTimeout(timer);
      clearTimeout(kill);
      // What it started may hold the pipes open for as long as it hangs, and with them this program.
      for (const pipe of [child.stdout, child.stderr]) pipe.destroy();
      child.unref();
      resolve({ code, stdout, stderr, timedOut });
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => {
      // That it takes no signal: `send` has seen to it.
      if (timedOut) return;
      clearTimeout(timer);
      reject(notStarted(program, error));
    });
    child.once('close', settle);
    child.stdin.on('error', () => {}); // It may end without reading.
    child.stdin.end(input);
  });
}

type Processes = typeof import('node:child_process');

/** Sends a signal to a program; as root where a helper has made it root's, who takes none from us. */
function send(
  { spawn }: Processes,
  child: ReturnType<Processes['spawn']>,
  signal: 'TERM' | 'KILL',
  helper: readonly string[],
): void {
  const isDone = child.kill(`SIG${signal}`) || child.exitCode !== null || child.signalCode !== null;
  if (isDone || helper.length === 0) return;
  const [program = '', ...words] = [...helper, 'kill', '-s', signal, String(child.pid)];
  // In a group of processes of its own: sudo does not hand on what comes from its own.
  spawn(program, words, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}

/** Node's own error would list all arguments, and what is secret among them. */
function notStarted(program: string, error: Error): Error {
  const code: unknown = Reflect.get(error, 'code');
  const name = program.replace(administrators, '');
  return code === 'ENOENT' ? missing(name) : new CommandFailed(name, null, `it cannot be started (${String(code)})`);
}

function isMissing(program: string, code: number | null, stderr: string): boolean {
  if (code === 127) return true;
  return stderr.includes(`${program}: command not found`);
}

function missing(program: string): MissingDependency {
  const name = Object.hasOwn(packages, program) ? packages[program] : undefined;
  const how = name === undefined ? 'Install it' : `It is part of ${name}: apt-get install ${name}, or the like`;
  return new MissingDependency(program, `This host does not have the program ${program}. ${how}.`);
}

function isRoot(): boolean {
  try {
    return builtin('node:os')?.userInfo().uid === 0;
  } catch {
    // Deno tells it only to programs that may ask (`--allow-sys`).
    return false;
  }
}
