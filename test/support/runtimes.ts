/** Finds the runtimes that the library supports: the Node that runs the tests; a new Node, Deno and Bun if installed. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Runtime {
  readonly name: 'node' | 'new node' | 'deno' | 'bun';
  /** The program and the options that precede a script; null if it is not installed. */
  readonly command: readonly [string, ...string[]] | null;
  /** Why tests are skipped without it. */
  readonly missing: string;
}

export const node: Runtime = { name: 'node', command: [process.execPath], missing: '' };
/**
 * Node 20, the oldest that the library supports, has no SQLite of its own to hold native locks with; a new one has, and
 * warns and restricts in other places.
 */
export const newNode = runtime('new node', 'NEW_NODE_BINARY', [`node-${process.platform}-${process.arch}/bin/node`]);
export const deno = runtime('deno', 'DENO_BINARY', onPathOr('deno'), [
  'run',
  '--allow-all',
  '--quiet',
  '--node-modules-dir=manual',
]);
export const bun = runtime('bun', 'BUN_BINARY', onPathOr('bun'));

/** @param places where to look: absolute paths, or below the folder that scripts/native-tools.mjs installs into */
function runtime(
  name: Runtime['name'],
  variable: string,
  places: readonly string[],
  options: readonly string[] = [],
): Runtime {
  const installed = fileURLToPath(new URL('../../.cache/runtimes/node_modules', import.meta.url));
  const program = process.env[variable] ?? places.map((place) => resolve(installed, place)).find(isProgram);
  return {
    name,
    command: program === undefined ? null : [program, ...options],
    missing: `missing: ${name}; npm test installs it, or name one in ${variable}`,
  };
}

function onPathOr(program: string): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return [...folders.map((folder) => join(folder, program)), join('.bin', program)];
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
