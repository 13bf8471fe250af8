/** Projects that use the packed package in a browser: with each bundler, with none, and under the strictest policy. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Browser, missingBrowser, openBrowser } from '../support/browsers/browser.ts';
import { type ServerOptions, type StaticServer, startServer } from '../support/browsers/static-server.ts';
import { installPacked, type PackedPackage, root } from './packed.ts';

const consumers = ['vite', 'webpack', 'rollup', 'esbuild', 'none'] as const;
type Consumer = (typeof consumers)[number];

// Where scripts/native-tools.mjs installs them: packages installed below find them in their own node_modules.
const bundlers = join(root, '.cache/bundlers');
const missing = existsSync(bundlers)
  ? missingBrowser('chromium')
  : 'missing: vite, webpack, rollup; npm test installs them';

let packed: PackedPackage;
let browser: Browser;
const built = new Map<Consumer, string>();

beforeAll(async () => {
  if (missing !== null) return;
  packed = installPacked(bundlers);
  browser = await openBrowser('chromium');
});
afterAll(async () => {
  await browser?.close();
  packed?.remove();
});

/** Builds a consumer; returns the folder that it would serve. */
function build(consumer: Consumer): string {
  const known = built.get(consumer);
  if (known !== undefined) return known;
  const folder = join(packed.user, consumer);
  mkdirSync(folder);
  cpSync(join(import.meta.dirname, 'consumers', consumer), folder, { recursive: true });
  copyFileSync(join(import.meta.dirname, 'consumers/app.mjs'), join(folder, 'app.mjs'));
  // Otherwise esbuild would find that of this repository, whose paths lead to the sources.
  writeFileSync(join(folder, 'tsconfig.json'), '{}');
  execFileSync(process.execPath, ['build.mjs'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const out = join(folder, 'out');
  built.set(consumer, out);
  return out;
}

async function used(server: StaticServer, path = '/index.html'): Promise<string> {
  const page = await browser.newPage(server.origin + path);
  try {
    return await page.evaluate<string>('globalThis.used');
  } finally {
    await page.close();
  }
}

test.for(consumers)('the package works in a page (bundler: %s)', { timeout: 120_000 }, async (consumer, context) => {
  if (missing !== null) return context.skip(missing);
  await using server = await startServer({ '/': build(consumer) });
  expect(await used(server)).toBe('made in a bundle, browser');
  expect(server.log.filter((line) => line.startsWith('404') && !line.includes('favicon'))).toEqual([]);
});

test.for(['vite', 'esbuild', 'rollup'] as const)(
  'the package works in a page under the strictest policy that allows WebAssembly (bundler: %s)',
  { timeout: 120_000 },
  async (consumer, context) => {
    if (missing !== null) return context.skip(missing);
    const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
    const options: ServerOptions = { headers: { 'content-security-policy': policy } };
    await using server = await startServer({ '/': build(consumer) }, options);
    expect(await used(server)).toBe('made in a bundle, browser');
  },
);

test('the package works from another origin than the page, as on a CDN', { timeout: 120_000 }, async (context) => {
  if (missing !== null) return context.skip(missing);
  const folder = build('none');
  await using cdn = await startServer({ '/': folder }, { headers: { 'access-control-allow-origin': '*' } });
  const imports = JSON.stringify({ imports: { 'cinderlib-wasm': `${cdn.origin}/cinderlib-wasm/index.js` } });
  const scripts = `<script type="importmap">${imports}</script><script type="module" src="./app.mjs"></script>`;
  const page = { type: 'text/html', body: `<!doctype html>${scripts}` };
  await using server = await startServer({
    '/app.mjs': { type: 'text/javascript', body: readFileSync(join(folder, 'app.mjs')) },
    '/index.html': page,
  });
  expect(await used(server)).toBe('made in a bundle, browser');
});

test('the package works in a bundle from another origin than the page', { timeout: 120_000 }, async (context) => {
  if (missing !== null) return context.skip(missing);
  await using cdn = await startServer({ '/': build('esbuild') }, { headers: { 'access-control-allow-origin': '*' } });
  const html = await (await fetch(`${cdn.origin}/index.html`)).text();
  const body = html.replaceAll('"./', `"${cdn.origin}/`);
  await using server = await startServer({ '/index.html': { type: 'text/html', body } });
  expect(await used(server)).toBe('made in a bundle, browser');
  expect(cdn.log).toContain('200 /core.js');
});
