/** Browsers that load the library, or cannot: strict policies, other origins, and an error that explains each fault. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { browserNames } from '../support/browsers/browser.ts';
import { type Answer, type ServerOptions, type Site, startServer } from '../support/browsers/static-server.ts';
import { dist } from '../support/built.ts';
import { useBrowser } from '../support/use-browser.ts';

const page = { type: 'text/html', body: '<!doctype html><title>page</title>' };
const wasm = readFileSync(join(dist, 'sql-wasm.wasm'));

/** Uses the library at that address in a page: the name of the volume that it created, or the error. */
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

/** Records what a page keeps while it starts a worker from another origin: a listener, and the URL of a Blob. */
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
  const flags = name === 'chromium' ? ['--host-resolver-rules=MAP insecure.test 127.0.0.1'] : [];
  const browser = useBrowser(name, { flags });

  async function useOn(site: Site, options: ServerOptions = {}): Promise<string> {
    await using server = await startServer({ '/dist/': dist, '/': page, ...site }, options);
    const tab = await browser.running.newPage(`${server.origin}/`);
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
    if (browser.missing !== null) return context.skip(browser.missing);
    expect(await useOn({})).toBe('made here');
  });

  test.for([
    ['have added something to Object.prototype', 'Object.prototype.added = 1'],
    [
      'do not let the constructors of workers be replaced',
      "for (const name of ['Worker', 'SharedWorker']) Object.defineProperty(globalThis, name, { writable: false })",
    ],
  ] as const)('runs beside scripts that %s', async ([, script], context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    await using server = await startServer({ '/dist/': dist, '/': page });
    const tab = await browser.running.newPage(`${server.origin}/`);
    await tab.evaluate(`(() => { ${script}; })()`);
    const shared = { storage: 'db', connection: 'sqlite:///beside' };
    expect(await tab.evaluate(use('/dist/index.js', shared))).toBe('made here');
    await tab.close();
  });

  test('runs under the strictest policy that allows WebAssembly', async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    expect(await useOn({}, policy(strictest))).toBe('made here');
  });

  test('runs under a policy that requires trusted types, also in a shared worker', async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    const trusting = `${strictest}; require-trusted-types-for 'script'; trusted-types cinderlib-wasm`;
    await using server = await startServer({ '/dist/': dist, '/': page }, policy(trusting));
    const tab = await browser.running.newPage(`${server.origin}/`);
    await tab.evaluate(`(() => {
      globalThis.forbidden = [];
      document.addEventListener('securitypolicyviolation', (event) => forbidden.push(event.effectiveDirective));
    })()`);
    // A storage that tabs share, so that the script of the ports is started too.
    const shared = use('/dist/index.js', { storage: 'db', connection: 'sqlite:///trusted' });
    for (let n = 0; n < 2; n++) expect(await tab.evaluate(shared)).toBe('made here');
    expect(await tab.evaluate('forbidden')).toEqual([]);
    expect(server.log).toContain('200 /dist/ports.js');
    await tab.close();
  });

  test('explains that the policy must trust the types of the library', async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    const said = await useOn({}, policy(`${strictest}; require-trusted-types-for 'script'; trusted-types of-others`));
    expect(said).toMatch(/^WorkerLost: .*trusted-types cinderlib-wasm/);
  });

  test("explains that a second copy of the library needs 'allow-duplicates' in the policy", async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    const trusting = policy(`${strictest}; require-trusted-types-for 'script'; trusted-types cinderlib-wasm`);
    await using server = await startServer({ '/dist/': dist, '/copy/': dist, '/': page }, trusting);
    const tab = await browser.running.newPage(`${server.origin}/`);
    expect(await tab.evaluate(use('/dist/index.js'))).toBe('made here');
    const said = tab.evaluate(use('/copy/index.js')).then(String, String);
    expect(await said).toMatch(/WorkerLost: .*'allow-duplicates'/);
    await tab.close();
  });

  test('runs from another origin, as from a CDN, and leaves no listener or Blob behind', async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    await using cdn = await startServer({ '/dist/': dist }, { headers: { 'access-control-allow-origin': '*' } });
    await using server = await startServer({ '/': page });
    const tab = await browser.running.newPage(`${server.origin}/`);
    await tab.evaluate(noteKept);
    expect(await tab.evaluate(use(`${cdn.origin}/dist/index.js`))).toBe('made here');
    expect(await tab.evaluate('[...noted.sort(), kept.size]')).toEqual(['function', 'string', 0]);
    expect(cdn.log).toContain('200 /dist/core.js');
    expect(cdn.log).toContain('200 /dist/sql-wasm.wasm');
    expect(server.log.filter((line) => line.includes('dist'))).toEqual([]);
    await tab.close();
  });

  test('keeps volumes in memory on a page of an insecure origin, and explains what databases need', async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    const headers = { 'access-control-allow-origin': '*' };
    await using server = await startServer({ '/dist/': dist, '/': page }, { headers });
    // Chromium lets no page of another insecure origin load anything from this computer.
    const site = name === 'chromium' ? server.origin.replace('127.0.0.1', 'insecure.test') : server.origin;
    const tab = await browser.running.newPage(name === 'chromium' ? `${site}/` : `data:text/html,${page.body}`);
    expect(await tab.evaluate('isSecureContext')).toBe(false);
    expect(await tab.evaluate(use(`${site}/dist/index.js`, { storage: 'memory' }))).toBe('made here');
    const said = tab.evaluate(use(`${site}/dist/index.js`)).then(String, String);
    expect(await said).toMatch(/EngineMismatch: .* this page is not a secure context\./);
    await tab.close();
  });

  test('loads the engine whatever its content type', async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    expect(await useOn({ '/dist/sql-wasm.wasm': { type: 'text/plain', body: wasm } })).toBe('made here');
  });

  test.for<[string, Answer, string]>([
    [
      'is missing',
      { status: 404, body: 'gone' },
      'the server answers 404 Not Found. Serve it, like sql-wasm.wasm, beside the script that imports this library. If ' +
        'the site was updated meanwhile, reload the page.',
    ],
    ['is a page', page, 'its Content-Type is text/html, and browsers run only text/javascript.'],
    ['is no JavaScript', { type: 'text/javascript', body: '?' }, ''],
  ])('explains a worker script that %s', async ([, answer, reason], context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    const said = await useOn({ '/dist/core.js': answer });
    expect(said).toMatch(/^WorkerLost: /);
    if (reason !== '') expect(said).toContain(`The worker script /dist/core.js cannot be loaded: ${reason}`);
  });

  test.for<[string, Answer]>([
    ['is empty', { type: 'text/javascript', body: '' }],
    ['is another one', { type: 'text/javascript', body: "postMessage('hello');" }],
  ])('explains a worker script that runs, but %s', async ([, answer], context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    await using server = await startServer({ '/dist/': dist, '/': page, '/dist/core.js': answer });
    const tab = await browser.running.newPage(`${server.origin}/`);
    // The minute that it has passes in a second. WebKit does not let timers of hidden pages be faster.
    await tab.evaluate(`void (() => {
      const native = setInterval;
      const minute = (callback) => { for (let second = 0; second < 60; second++) callback(); };
      globalThis.setInterval = (callback, milliseconds) => native(minute, milliseconds, callback);
    })()`);
    const said = tab.evaluate(use('/dist/index.js')).then(String, String);
    expect(await said).toMatch(/^(?:Error: )?WorkerLost: .* Perhaps it is not core\.js of this library/);
    await tab.close();
  });

  test('explains a file that is gone since the site was updated', async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    const part = readdirSync(dist).find((file) => /^with-core-\w+\.js$/.test(file)) ?? '';
    const said = await useOn({ [`/dist/${part}`]: { status: 404, body: 'gone' } });
    expect(said).toMatch(
      /^PackageMissing: A file of this library cannot be loaded: .*reload the page or restart the program\./,
    );
    // WebKit does not name it.
    if (name !== 'webkit') expect(said).toContain(`/dist/${part}`);
  });

  test('explains what it cannot do in a page that does not let Worker be replaced', async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    await using server = await startServer({
      '/dist/': dist,
      '/': page,
      '/dist/core.js': { status: 404, body: 'gone' },
    });
    const tab = await browser.running.newPage(`${server.origin}/`);
    await tab.evaluate("void Object.defineProperty(globalThis, 'Worker', { writable: false })");
    const failure = tab.evaluate(use('/dist/index.js'));
    await expect(failure).rejects.toThrow(/^The worker script of this library cannot be loaded: This page lets nobody/);
    await tab.close();
  });

  test('explains that the server of Vite moved the library away from the worker script', async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    const folder = '/node_modules/.vite/deps/';
    await using server = await startServer({
      '/': page,
      [folder]: dist,
      [`${folder}core.js`]: { status: 404, body: '' },
    });
    const tab = await browser.running.newPage(`${server.origin}/`);
    const failure = tab.evaluate(use(`${folder}index.js`));
    await expect(failure).rejects.toThrow('404 Not Found. Vite moved the library away from it: set optimizeDeps');
    await tab.close();
  });

  test('explains a policy that forbids the worker', async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    const said = await useOn({}, policy(`${strictest}; worker-src 'none'`));
    expect(said).toMatch(/^WorkerLost: The worker script \/dist\/core\.js cannot be (?:load|start)ed: /);
    expect(said).toContain("Content-Security-Policy must allow the script's origin in worker-src");
  });

  test('explains a worker script that is sent as text/plain', async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    const body = readFileSync(join(dist, 'core.js'));
    const said = await useOn({ '/dist/core.js': { type: 'text/plain', body } });
    // WebKitGTK runs it all the same.
    if (name === 'webkit') expect(said).toBe('made here');
    else expect(said).toContain('its Content-Type is text/plain, and browsers run only text/javascript.');
  });

  test.for<[string, Answer, string]>([
    ['is missing', { status: 404, body: 'gone' }, 'cannot be read: the server answered 404'],
    ['is a page', page, 'The server sends it as text/html. Serve the file that comes with this package'],
  ])('explains an engine that %s', async ([, answer, reason], context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    const said = await useOn({ '/dist/sql-wasm.wasm': answer });
    expect(said).toMatch(/^EngineMismatch: .*\/dist\/sql-wasm\.wasm/);
    expect(said).toContain(reason);
  });

  test('explains a policy that forbids WebAssembly or fetching it', async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    const said = await useOn({}, policy("default-src 'none'; script-src 'self'; connect-src 'self'"));
    expect(said).toMatch(/^EngineMismatch: /);
    expect(said).toContain("script-src 'self' 'wasm-unsafe-eval'");
    const unread = await useOn({}, policy("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"));
    expect(unread).toMatch(/^EngineMismatch: .*cannot be read/);
    expect(unread).toContain('connect-src');
  });

  test('explains a policy that forbids the worker of another origin, and runs where it is allowed', async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    await using cdn = await startServer({ '/dist/': dist }, { headers: { 'access-control-allow-origin': '*' } });
    const scripts = `script-src 'self' ${cdn.origin} 'wasm-unsafe-eval'; connect-src ${cdn.origin}`;
    await using server = await startServer({ '/': page }, policy(`default-src 'none'; ${scripts}`));
    const tab = await browser.running.newPage(`${server.origin}/`);
    const error = await tab.evaluate<string>(use(`${cdn.origin}/dist/index.js`)).catch(String);
    expect(error).toMatch(/^WorkerLost: .*Content-Security-Policy.*blob:/);
    await tab.close();
    await using allowing = await startServer(
      { '/': page },
      policy(`default-src 'none'; ${scripts}; worker-src blob: ${cdn.origin}`),
    );
    const other = await browser.running.newPage(`${allowing.origin}/`);
    expect(await other.evaluate(use(`${cdn.origin}/dist/index.js`))).toBe('made here');
    await other.close();
  });
});
