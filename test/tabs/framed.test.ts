/** Pages in frames: of another site, whose storage is separate and whose locks cannot be queried; sandboxed; `srcdoc`. */
import { describe, expect, test } from 'vitest';
import { browserNames } from '../support/browsers/browser.ts';
import { type Answer, type Site, startServer } from '../support/browsers/static-server.ts';
import { tabSite } from '../support/tab.ts';
import { useBrowser } from '../support/use-browser.ts';

const html = (body: string): Answer => ({ type: 'text/html', body: `<!doctype html><title>frame</title>${body}` });

/** Tries all storages, and reports the error or who leads and what is stored. */
const program = `
  import { KeyValue, setup } from '/dist/index.js';
  const tried = async (persistence_config, worker) => {
    const cl = await setup({ persistence_config, worker });
    await cl.persistence.setKeyValue(new KeyValue('k', 'v'));
    const second = await setup({ persistence_config, worker });
    const said = [(await cl.info()).leader, (await second.persistence.getKeyValues()).length];
    await Promise.all([cl.close(), second.close()]);
    return said;
  };
  const said = {};
  for (const worker of [true, false]) {
    const db = { storage: 'db', connection: 'sqlite:///framed' };
    const storages = { memory: { storage: 'memory_db' }, indexeddb: db, opfs: { ...db, medium: 'opfs' } };
    for (const [name, config] of Object.entries(storages)) {
      if (name === 'opfs' && !worker) continue;
      const patience = new Promise((resolve) => setTimeout(resolve, 20_000, 'nothing'));
      const what = tried(config, worker).catch((error) => error.name + ': ' + error.message);
      said[(worker ? 'worker, ' : 'page, ') + name] = await Promise.race([what, patience]);
    }
  }
  fetch('/said', { method: 'POST', body: JSON.stringify(said) });`;
const script = '<script type="module" src="/framed.js"></script>';
const site: Site = { ...tabSite, '/framed.js': { type: 'text/javascript', body: program }, '/frame': html(script) };
const everywhere = {
  'worker, memory': [true, 0],
  'worker, indexeddb': [true, 1],
  'worker, opfs': [true, 1],
  'page, memory': [true, 0],
  'page, indexeddb': [true, 1],
};

// WebKitGTK has no private file system.
const withoutFiles: unknown = expect.stringMatching(/^DatabaseUnavailable: .*choose the medium 'indexeddb'/);

describe.each(browserNames)('%s', (name) => {
  const expected = name === 'webkit' ? { ...everywhere, 'worker, opfs': withoutFiles } : everywhere;
  const browser = useBrowser(name);

  test('a frame of another site has databases of its own', { timeout: 120_000 }, async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    await using server = await startServer(site);
    // Of the same machine, and yet another site.
    const address = server.origin.replace('127.0.0.1', 'localhost');
    await using top = await startServer({ '/': html(`<iframe src="${address}/frame"></iframe>`) });
    const page = await browser.running.newPage(`${top.origin}/`);
    expect(JSON.parse(await server.posted('/said'))).toEqual(expected);
    await page.close();
  });

  test('a sandboxed frame is told that it may not store anything', { timeout: 120_000 }, async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    const top = html('<iframe sandbox="allow-scripts" src="/frame"></iframe>');
    await using server = await startServer({ ...site, '/': top }, { headers: { 'access-control-allow-origin': '*' } });
    const page = await browser.running.newPage(`${server.origin}/`);
    const said = JSON.parse(await server.posted('/said')) as Record<string, unknown>;
    expect(said).toMatchObject({
      'page, memory': [true, 0],
      'page, indexeddb': expect.stringMatching(/^DatabaseUnavailable: .*does not let this page store data/),
    });
    // Chromium runs no module in a worker of such a frame.
    if (name === 'chromium') {
      const remedy = /^WorkerLost: .*origin is opaque, as in a frame with sandbox.* memory_db with worker: false\.$/;
      expect(said['worker, memory']).toMatch(remedy);
    } else {
      expect(said).toMatchObject({ 'worker, memory': [true, 0], 'worker, opfs': said['page, indexeddb'] });
    }
    await page.close();
  });

  test('a frame with srcdoc needs no more of a policy than its page', { timeout: 120_000 }, async (context) => {
    if (browser.missing !== null) return context.skip(browser.missing);
    const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; frame-src 'self'";
    const top = html(`<iframe srcdoc='${script}'></iframe>`);
    await using server = await startServer({ ...site, '/': top }, { headers: { 'content-security-policy': policy } });
    const page = await browser.running.newPage(`${server.origin}/`);
    expect(JSON.parse(await server.posted('/said'))).toEqual(expected);
    await page.close();
  });
});
