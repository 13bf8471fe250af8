/** Builds and runs programs as separate processes, for tests that kill them or run them against each other. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Bundles a TypeScript program that uses the built package, so that any runtime can run it; returns its path. */
export async function buildProgram(source: URL, folder: string): Promise<string> {
  const name = source.pathname.split('/').at(-1)?.replace(/\.ts$/, '.mjs') ?? '';
  const outfile = join(folder, name);
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    tsconfigRaw: {},
    plugins: [
      {
        name: 'the built package',
        setup(esbuild) {
          esbuild.onResolve({ filter: /^cinderlib-wasm(\/testing)?$/ }, ({ path }) => {
            const file = path.endsWith('/testing') ? 'dist/testing.js' : 'dist/index.js';
            return { path: pathToFileURL(join(root, file)).href, external: true };
          });
        },
      },
    ],
  });
  return outfile;
}

export interface Program<L> {
  /** Resolves with the first line that `wanted` accepts; rejects if the program exits without printing one. */
  heard(wanted: (line: L) => boolean): Promise<L>;
  /** Kills it with SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Writes a line to its standard input. */
  tell(line: string): void;
  /** Resolves when it has exited, with its error output; `code` is null if it was killed. */
  readonly ended: Promise<{ readonly code: number | null; readonly errors: string }>;
}

/**
 * Starts a program that prints lines of JSON; each goes to `onLine` in order, including the last ones before it exits.
 */
export function startProgram<L>(
  [program, ...parameters]: readonly [string, ...string[]],
  onLine: (line: L) => void = () => {},
): Program<L> {
  const child = spawn(program, parameters, { stdio: 'pipe' });
  const waiting = new Set<(line: L | null) => void>();
  let [partial, errors] = ['', ''];
  child.stdin.on('error', () => {}); // It may have exited already.
  child.stderr.on('data', (data) => (errors += String(data)));
  child.stdout.setEncoding('utf8').on('data', (data) => {
    const lines = (partial + String(data)).split('\n');
    partial = lines.pop() ?? '';
    for (const text of lines) {
      const line = JSON.parse(text) as L; // Our own programs print nothing else.
      onLine(line);
      for (const hear of waiting) hear(line);
    }
  });
  const ended = new Promise<{ code: number | null; errors: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      for (const hear of waiting) hear(null);
      resolve({ code, errors });
    });
  });
  return {
    ended,
    heard: (wanted) =>
      new Promise((resolve, reject) => {
        const hear = (line: L | null): void => {
          if (line !== null && !wanted(line)) return;
          waiting.delete(hear);
          if (line === null) reject(new Error(`${parameters.join(' ')} ended early. ${errors}`));
          else resolve(line);
        };
        waiting.add(hear);
      }),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
  };
}
