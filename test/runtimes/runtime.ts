/** The six runtimes, Node in two releases, each as something that runs a task of the suite with the files of `dist/`. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { type BrowserName, browserNames, missingBrowser, openBrowser } from '../support/browsers/browser.ts';
import { startServer } from '../support/browsers/static-server.ts';
import { dist } from '../support/built.ts';
import { bun, deno, type Runtime as Host, newNode, node } from '../support/runtimes.ts';
import type { Outcome, Task } from './suite/task.ts';

export interface Runtime extends AsyncDisposable {
  /** Such as `Firefox/153.7`. */
  readonly version: string;
  run(task: Task): Promise<Outcome>;
}

export interface RuntimeKind {
  readonly name: string;
  readonly isBrowser: boolean;
  /** A reason to skip its tests; null when it is there. */
  readonly missing: string | null;
  start(): Promise<Runtime>;
}

export const golden = fileURLToPath(new URL('../golden/', import.meta.url));

export const runtimes: readonly RuntimeKind[] = [
  ...[node, newNode, deno, bun].map((host) => ({
    name: host.name,
    isBrowser: false,
    missing: host.command === null ? host.missing : null,
    start: () => startHost(host),
  })),
  ...browserNames.map((name) => ({
    name,
    isBrowser: true,
    missing: missingBrowser(name),
    start: () => startBrowser(name),
  })),
];

async function startHost({ name, command }: Host): Promise<Runtime> {
  if (command === null) throw new Error(`${name} is not installed.`);
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const program = join(folder, 'suite.mjs');
  await buildSuite('on-host.ts', program, pathToFileURL(dist).href);
  const [binary, ...options] = command;
  const execute = async (...parameters: string[]): Promise<string> => {
    const child = spawn(binary, parameters, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: 150_000 });
    let [out, errors] = ['', ''];
    child.stdout.on('data', (data) => (out += String(data)));
    child.stderr.on('data', (data) => (errors += String(data)));
    const code = await new Promise((ended) => child.once('close', ended));
    if (code !== 0) throw new Error(`${name} ended with ${String(code)}: ${errors}`);
    return out;
  };
  return {
    version: `${name} ${(await execute('--version')).split('\n')[0]}`,
    async run(task) {
      const file = join(folder, 'task.json');
      writeFileSync(file, JSON.stringify(task));
      // Our own program prints nothing else.
      return JSON.parse(await execute(...options, program, dist, golden, file)) as Outcome;
    },
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startBrowser(name: BrowserName): Promise<Runtime> {
  const folder = mkdtempSync(join(tmpdir(), 'suite-'));
  await buildSuite('in-page.ts', join(folder, 'suite.js'), '/dist/');
  const page = { type: 'text/html', body: '<!doctype html><title>suite</title>' };
  const server = await startServer({ '/': page, '/site/': folder, '/dist/': dist, '/golden/': golden });
  const browser = await openBrowser(name);
  return {
    version: browser.version,
    async run(task) {
      const tab = await browser.newPage(`${server.origin}/`);
      try {
        return await tab.evaluate<Outcome>(`import('/site/suite.js').then(({ run }) => run(${JSON.stringify(task)}))`);
      } finally {
        await tab.close();
      }
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Bundles what the tests bring; the library itself is imported from where it was built, as it is. */
async function buildSuite(entry: string, outfile: string, library: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL(`suite/${entry}`, import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: entry === 'on-host.ts' ? 'node' : 'browser',
    target: 'es2022',
    logLevel: 'warning',
    tsconfigRaw: {},
    plugins: [
      {
        name: 'the built library',
        setup(esbuild) {
          esbuild.onResolve({ filter: /^cinderlib-wasm(?:\/testing)?$/ }, ({ path }) => {
            return { path: library + (path.endsWith('testing') ? 'testing.js' : 'index.js'), external: true };
          });
        },
      },
    ],
  });
}
