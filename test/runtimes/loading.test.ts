/** Browsers that get the files of the library, or do not: the strictest policy, another origin, and every fault has a name. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Browser, browserNames, missingBrowser, openBrowser } from '../support/browsers/browser.ts';
import { type Answer, type ServerOptions, type Site, startServer } from '../support/browsers/static-server.ts';
import { dist } from '../support/built.ts';

const page = { type: 'text/html', body: '<!doctype html><title>page</title>' };
const wasm = readFileSync(join(dist, 'sql-wasm.wasm'));

/** What a page can do with the library at that address: the name of the volume that it made, or the error. */
const use = (
  library: string,
  storage: object = { storage: 'memory_db' },
): string => `import(${JSON.stringify(library)}).then(async ({ setup }) => {
  const cl = await setup({ persistence_config: ${JSON.stringify(storage)} });
  const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  const backend = await cl.backend({ volume_backend_name: 'fake', volume_driver });
  const { id } = await backend.createVolume(1, { name: 'made here' });
  const { name } = await cl.Volume.getById(id);
  await cl.close();
  return name;
})`;

/** Notes what a page keeps for a worker from another origin that may not load: a listener, and the address of a Blob. */
const noteKept = `(() => {
  globalThis.noted = [];
  globalThis.kept = new Set();
  const watch = (object, method, note) => {
    const native = object[method];
    object[method] = function (...given) {
      const result = native.apply(this, given);
      note(given, result);
      return result;
    };
  };
  const keep = (one) => void (noted.push(typeof one), kept.add(one));
  const ifPolicy = (note) => ([type, listener]) => void (type === 'securitypolicyviolation' && note(listener));
  watch(document, 'addEventListener', ifPolicy(keep));
  watch(document, 'removeEventListener', ifPolicy((listener) => kept.delete(listener)));
  watch(URL, 'createObjectURL', (_, address) => keep(address));
  watch(URL, 'revokeObjectURL', ([address]) => kept.delete(address));
})()`;

describe.each(browserNames)('%s', (name) => {
  const missing = missingBrowser(name);
  let browser: Browser;
  beforeAll(async () => {
    if (missing === null) browser = await openBrowser(name);
  });
  afterAll(() => browser?.close());

  async function useOn(site: Site, options: ServerOptions = {}): Promise<string> {
    await using server = await startServer({ '/dist/': dist, '/': page, ...site }, options);
    const tab = await browser.newPage(`${server.origin}/`);
    try {
      return await tab.evaluate<string>(use('/dist/index.js'));
    } catch (error) {
      return String(error).replaceAll(server.origin, '');
    } finally {
      await tab.close();
    }
  }

  const policy = (text: string): ServerOptions => ({ headers: { 'content-security-policy': text } });
  const strictest = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

  test('runs from a server that sends no special headers', async (context) => {
    if (missing !== null) return context.skip(missing);
    expect(await useOn({})).toBe('made here');
  });

  test('runs under the strictest policy that lets WebAssembly run', async (context) => {
    if (missing !== null) return context.skip(missing);
    expect(await useOn({}, policy(strictest))).toBe('made here');
  });

  test('runs where scripts are started by trusted addresses alone, in several contexts, and with its ports', async (context) => {
    if (missing !== null) return context.skip(missing);
    const trusting = `${strictest}; require-trusted-types-for 'script'; trusted-types cinderlib-wasm`;
    await using server = await startServer({ '/dist/': dist, '/': page }, policy(trusting));
    const tab = await browser.newPage(`${server.origin}/`);
    await tab.evaluate(`(() => {
      globalThis.forbidden = [];
      document.addEventListener('securitypolicyviolation', (event) => forbidden.push(event.effectiveDirective));
    })()`);
    // Kept where tabs share it, so that the ports are started too.
    const shared = use('/dist/index.js', { storage: 'db', connection: 'sqlite:///trusted' });
    for (let n = 0; n < 2; n++) expect(await tab.evaluate(shared)).toBe('made here');
    expect(await tab.evaluate('forbidden')).toEqual([]);
    expect(server.log).toContain('200 /dist/ports.js');
    await tab.close();
  });

  test('says so when the policy trusts no address of ours', async (context) => {
    if (missing !== null) return context.skip(missing);
    const said = await useOn({}, policy(`${strictest}; require-trusted-types-for 'script'; trusted-types of-others`));
    expect(said).toMatch(/^WorkerLost: .*trusted-types cinderlib-wasm/);
  });

  test('says what a second copy of the library needs where addresses must be trusted', async (context) => {
    if (missing !== null) return context.skip(missing);
    const trusting = policy(`${strictest}; require-trusted-types-for 'script'; trusted-types cinderlib-wasm`);
    await using server = await startServer({ '/dist/': dist, '/copy/': dist, '/': page }, trusting);
    const tab = await browser.newPage(`${server.origin}/`);
    expect(await tab.evaluate(use('/dist/index.js'))).toBe('made here');
    const said = tab.evaluate(use('/copy/index.js')).then(String, String);
    expect(await said).toMatch(/WorkerLost: .*'allow-duplicates'/);
    await tab.close();
  });

  test('runs from another origin, as from a CDN', async (context) => {
    if (missing !== null) return context.skip(missing);
    await using cdn = await startServer({ '/dist/': dist }, { headers: { 'access-control-allow-origin': '*' } });
    await using server = await startServer({ '/': page });
    const tab = await browser.newPage(`${server.origin}/`);
    await tab.evaluate(noteKept);
    expect(await tab.evaluate(use(`${cdn.origin}/dist/index.js`))).toBe('made here');
    expect(await tab.evaluate('[...noted.sort(), kept.size]')).toEqual(['function', 'string', 0]);
    expect(cdn.log).toContain('200 /dist/core.js');
    expect(cdn.log).toContain('200 /dist/sql-wasm.wasm');
    expect(server.log.filter((line) => line.includes('dist'))).toEqual([]);
    await tab.close();
  });

  test('takes the right engine, whatever the server calls it', async (context) => {
    if (missing !== null) return context.skip(missing);
    expect(await useOn({ '/dist/sql-wasm.wasm': { type: 'text/plain', body: wasm } })).toBe('made here');
  });

  test.for<[string, Answer, string]>([
    ['is missing', { status: 404, body: 'gone' }, 'the server answers 404 Not Found. Serve it,'],
    ['is a page', page, 'its Content-Type is text/html, and browsers run only text/javascript.'],
    ['is no JavaScript', { type: 'text/javascript', body: '?' }, ''],
  ])('says so when the worker script %s', async ([, answer, reason], context) => {
    if (missing !== null) return context.skip(missing);
    const said = await useOn({ '/dist/core.js': answer });
    expect(said).toMatch(/^WorkerLost: /);
    if (reason !== '') expect(said).toContain(`The worker script /dist/core.js cannot be loaded: ${reason}`);
  });

  test("says so when Vite's server has moved the library away from the worker script", async (context) => {
    if (missing !== null) return context.skip(missing);
    const folder = '/node_modules/.vite/deps/';
    await using server = await startServer({
      '/': page,
      [folder]: dist,
      [`${folder}core.js`]: { status: 404, body: '' },
    });
    const tab = await browser.newPage(`${server.origin}/`);
    const failure = tab.evaluate(use(`${folder}index.js`));
    await expect(failure).rejects.toThrow('404 Not Found. Vite moved the library away from it: set optimizeDeps');
    await tab.close();
  });

  test('says so when the policy forbids the worker', async (context) => {
    if (missing !== null) return context.skip(missing);
    const said = await useOn({}, policy(`${strictest}; worker-src 'none'`));
    expect(said).toMatch(/^WorkerLost: The worker script \/dist\/core\.js cannot be (?:load|start)ed: /);
    expect(said).toContain("Content-Security-Policy must allow the script's origin in worker-src");
  });

  test('says so when the worker script comes as a text', async (context) => {
    if (missing !== null) return context.skip(missing);
    const body = readFileSync(join(dist, 'core.js'));
    const said = await useOn({ '/dist/core.js': { type: 'text/plain', body } });
    // WebKitGTK runs it all the same.
    if (name === 'webkit') expect(said).toBe('made here');
    else expect(said).toContain('its Content-Type is text/plain, and browsers run only text/javascript.');
  });

  test.for<[string, Answer, string]>([
    ['is missing', { status: 404, body: 'gone' }, 'cannot be read: the server answered 404'],
    ['is a page', page, 'The server sends it as text/html. Serve the file that comes with this package'],
  ])('says so when the engine %s', async ([, answer, reason], context) => {
    if (missing !== null) return context.skip(missing);
    const said = await useOn({ '/dist/sql-wasm.wasm': answer });
    expect(said).toMatch(/^EngineMismatch: .*\/dist\/sql-wasm\.wasm/);
    expect(said).toContain(reason);
  });

  test('says so when the policy forbids WebAssembly, or to fetch it', async (context) => {
    if (missing !== null) return context.skip(missing);
    const said = await useOn({}, policy("default-src 'none'; script-src 'self'; connect-src 'self'"));
    expect(said).toMatch(/^EngineMismatch: /);
    expect(said).toContain("script-src 'self' 'wasm-unsafe-eval'");
    const unread = await useOn({}, policy("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"));
    expect(unread).toMatch(/^EngineMismatch: .*cannot be read/);
    expect(unread).toContain('connect-src');
  });

  test('says so when the policy forbids the worker of another origin', async (context) => {
    if (missing !== null) return context.skip(missing);
    await using cdn = await startServer({ '/dist/': dist }, { headers: { 'access-control-allow-origin': '*' } });
    const scripts = `script-src 'self' ${cdn.origin} 'wasm-unsafe-eval'; connect-src ${cdn.origin}`;
    await using server = await startServer({ '/': page }, policy(`default-src 'none'; ${scripts}`));
    const tab = await browser.newPage(`${server.origin}/`);
    const error = await tab.evaluate<string>(use(`${cdn.origin}/dist/index.js`)).catch(String);
    expect(error).toMatch(/^WorkerLost: .*Content-Security-Policy.*blob:/);
    await tab.close();
    await using allowing = await startServer(
      { '/': page },
      policy(`default-src 'none'; ${scripts}; worker-src blob: ${cdn.origin}`),
    );
    const other = await browser.newPage(`${allowing.origin}/`);
    expect(await other.evaluate(use(`${cdn.origin}/dist/index.js`))).toBe('made here');
    await other.close();
  });
});
