/**
 * Runs programs on this host for drivers and connectors: never through a shell; as root, directly or through the
 * `root_helper`; with a time limit.
 */
import { CommandFailed, CommandTimedOut, MissingDependency } from '../errors/index.ts';
import { builtin, environment, waitable } from '../runtime.ts';

export interface CommandOptions {
  /** The command that runs programs as root, such as `sudo`; if empty, they run as the current user. */
  readonly rootHelper: string;
  /** The time limit of a command, in seconds. */
  readonly timeout: number;
  /** Environment variables for the commands, added to those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether this process already runs as root and needs no helper. Default: ask the system. */
  readonly asRoot?: boolean;
}

export interface RunOptions {
  /** The standard input of the program. */
  readonly input?: string;
  /** Overrides the time limit of {@link CommandOptions}, in seconds. */
  readonly timeout?: number;
}

/** The Debian packages that contain programs a host may lack. */
const packages: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['lvs', 'vgs', 'lvcreate', 'lvremove', 'lvextend', 'lvchange'].map((name) => [name, 'lvm2'])),
  tgtadm: 'tgt',
  iscsiadm: 'open-iscsi',
  modprobe: 'kmod',
};

/** The folder of administration programs, which is not in other users' `PATH`. */
const administrators = '/usr/sbin/';
/** Milliseconds between SIGTERM and SIGKILL. */
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
   * Checks that commands will run as root, as far as that can be known in advance.
   *
   * @throws MissingDependency if they will not.
   */
  checkRoot(): void {
    if (builtin('node:child_process') === undefined) {
      throw new MissingDependency('programs', 'This runs programs of the host: it needs Node, Deno or Bun.');
    }
    if (this.#asRoot || this.#helper.length > 0) return;
    throw new MissingDependency(
      'root',
      "This needs root: run the program as root, or set root_helper, such as 'sudo', in setup() or the backend.",
    );
  }

  /**
   * Runs the program and returns its standard output.
   *
   * @throws MissingDependency if this host lacks the program; CommandFailed; CommandTimedOut.
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
    // With a helper, set the variables through `env`: helpers such as sudo drop the environment.
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

const helperHint = ' The root_helper must not ask for a password: allow it in sudoers (NOPASSWD), or run as root.';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

interface Execution {
  readonly words: readonly string[];
  /** The words of the helper that runs the command as root. */
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
      // A process that it started may hang and keep the pipes open, and thus keep this process alive.
      for (const pipe of [child.stdout, child.stderr]) pipe.destroy();
      child.unref();
      resolve({ code, stdout, stderr, timedOut });
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => {
      // The error that it cannot be signalled, which `send` handles.
      if (timedOut) return;
      clearTimeout(timer);
      reject(notStarted(program, error));
    });
    child.once('close', settle);
    child.stdin.on('error', () => {}); // The program may exit without reading.
    child.stdin.end(input);
  });
}

type Processes = typeof import('node:child_process');

/** Sends a signal to a program. One that a helper runs as root does not accept ours, so the helper sends it. */
function send(
  { spawn }: Processes,
  child: ReturnType<Processes['spawn']>,
  signal: 'TERM' | 'KILL',
  helper: readonly string[],
): void {
  const isDone = child.kill(`SIG${signal}`) || child.exitCode !== null || child.signalCode !== null;
  if (isDone || helper.length === 0) return;
  const [program = '', ...words] = [...helper, 'kill', '-s', signal, String(child.pid)];
  // In a separate process group: sudo does not relay signals sent from within its own.
  spawn(program, words, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}

/** Replaces Node's own error, which would list all arguments, secrets included. */
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
  const how = name === undefined ? 'Install it' : `It is part of ${name}: apt-get install ${name}, or similar`;
  return new MissingDependency(program, `This host does not have the program ${program}. ${how}.`);
}

function isRoot(): boolean {
  try {
    return builtin('node:os')?.userInfo().uid === 0;
  } catch {
    // Deno requires `--allow-sys` for this.
    return false;
  }
}
