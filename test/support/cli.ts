/** Runs the command line as a process, on any runtime. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { node, type Runtime } from './runtimes.ts';

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Running {
  readonly runtime?: Runtime;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function cli(
  parameters: readonly string[],
  { runtime = node, input, cwd, env }: Running = {},
): Promise<Ran> {
  const [command = process.execPath, ...options] = runtime.command ?? [];
  const child = spawn(command, [...options, program, ...parameters], {
    cwd,
    env: { ...process.env, NO_COLOR: '', FORCE_COLOR: '', ...env },
  });
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (texts.err += text));
  child.stdin.on('error', () => {}); // It may have exited without reading its input.
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...texts }));
  });
}

/** Parses the JSON that a command printed. */
export function parsed({ out, err, code }: Ran): unknown {
  try {
    return JSON.parse(out);
  } catch {
    throw new Error(`No JSON (exit code ${code}): ${out}${err}`);
  }
}

export { program };
