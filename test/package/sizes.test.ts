/** The files that a page loads, compressed as servers send them: size limits, and which of them it really requests. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { missingBrowser, openBrowser } from '../support/browsers/browser.ts';
import { startServer } from '../support/browsers/static-server.ts';
import { dist } from '../support/built.ts';

const read = (file: string): Buffer => readFileSync(join(dist, file));
const compressed = (file: string): number => gzipSync(read(file), { level: 9 }).length;
const sum = (files: Iterable<string>): number => [...files].reduce((total, file) => total + compressed(file), 0);

/** The file and all its static imports. */
function withImports(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const imports = read(file)
    .toString('utf8')
    .matchAll(/\b(?:from|import)\s*"\.\/([\w-]+\.js)"/g);
  for (const [, next = ''] of imports) withImports(next, found);
  return found;
}

const storages = readdirSync(dist).find((file) => /^with-core-\w+\.js$/.test(file)) ?? '';
/** Loaded by `import 'cinderlib-wasm'`; by `setup` with a database, on the main thread; and with the worker's. */
const library = withImports('index.js');
const mainThread = withImports(storages, new Set(library));
const scripts = new Set([...mainThread, ...withImports('core.js')]);

// In KB of 1024 bytes. Measured: 32.9, 45.0, 93.0 and 422.8; drivers, connectors and server support load on demand.
describe.each([
  ['the library', library, 33],
  ['the main thread, with a database', mainThread, 45.1],
  ['all JavaScript, with the worker', scripts, 93.1],
  ['everything, with the engine', new Set([...scripts, 'sql-wasm.wasm']), 423],
])('%s', (name, files, ceiling) => {
  test(`is at most ${ceiling} KB, compressed`, () => {
    const size = sum(files) / 1024;
    console.log(`${name}: ${size.toFixed(1)} KB in ${files.size} files`);
    expect(size).toBeLessThanOrEqual(ceiling);
  });
});

test('a page requests exactly these files', { timeout: 120_000 }, async (context) => {
  const missing = missingBrowser('chromium');
  if (missing !== null) return context.skip(missing);
  const page = { type: 'text/html', body: '<!doctype html><link rel="icon" href="data:,">' };
  await using server = await startServer({ '/': page, '/dist/': dist });
  await using browser = await openBrowser('chromium');
  const tab = await browser.newPage(`${server.origin}/`);
  const asked = (): string[] => {
    return server.log.filter((line) => line.includes('/dist/')).map((line) => line.replace('200 /dist/', ''));
  };
  await tab.evaluate("import('/dist/index.js').then((library) => { globalThis.setup = library.setup; })");
  expect(asked().sort()).toEqual([...library].sort());
  await tab.evaluate(async () => {
    const setup: (options: unknown) => Promise<{ close(): Promise<void> }> = Reflect.get(globalThis, 'setup');
    await (await setup({ persistence_config: { storage: 'memory_db' } })).close();
  });
  expect(new Set(asked())).toEqual(new Set([...scripts, 'sql-wasm.wasm']));
});
