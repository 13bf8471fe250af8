/** Finds the runtimes that the library supports: Node is always there, Deno and Bun may be installed. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Runtime {
  readonly name: 'node' | 'deno' | 'bun';
  /** The program and the options that precede a script; null if it is not installed. */
  readonly command: readonly [string, ...string[]] | null;
  /** Why tests are skipped without it. */
  readonly missing: string;
}

export const node: Runtime = { name: 'node', command: [process.execPath], missing: '' };
export const deno = runtime('deno', ['run', '--allow-all', '--quiet', '--node-modules-dir=manual']);
export const bun = runtime('bun', []);

function runtime(name: 'deno' | 'bun', options: readonly string[]): Runtime {
  const variable = `${name.toUpperCase()}_BINARY`;
  const program = process.env[variable] ?? find(name);
  return {
    name,
    command: program === undefined ? null : [program, ...options],
    missing: `missing: ${name}; CINDERLIB_TEST_ALL=1 npm test installs it, or name one in ${variable}`,
  };
}

function find(name: string): string | undefined {
  // Where scripts/native-tools.mjs installs them.
  const installed = fileURLToPath(new URL('../../.cache/runtimes/node_modules/.bin', import.meta.url));
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), installed];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
