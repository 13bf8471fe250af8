/** A page of a real browser that has the built library, and a worker whose storage fails when asked to. */
import { fileURLToPath } from 'node:url';
import type { Cinderlib } from 'cinderlib-wasm';
import { type Browser, type BrowserName, missingBrowser, openBrowser, type Page } from '../support/browsers/browser.ts';
import { type StaticServer, startServer } from '../support/browsers/static-server.ts';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What programs that run in the page find there. */
export interface InPage {
  readonly lib: typeof import('cinderlib-wasm');
  /** Opens a database, with the worker whose storage can fail. */
  open(config: Record<string, unknown>): Promise<Cinderlib>;
  /** Makes the storage of the workers fail from now on; with nothing, no more. */
  fail(what?: { fault?: string; times?: number; opens?: string | boolean }): Promise<void>;
  /** Creates a volume of that name. */
  create(cl: Cinderlib, name: string): Promise<void>;
  /** The names of all volumes, sorted. */
  names(cl: Cinderlib): Promise<string[]>;
  /** Stores a key-value pair, in one change. */
  put(cl: Cinderlib, key: string, value?: string): Promise<void>;
  /** The keys of all pairs, sorted. */
  keys(cl: Cinderlib): Promise<string[]>;
  /** The exported database, as base64. */
  exported(cl: Cinderlib): Promise<string>;
  /** What an error was: its name, message, and the browser's word. */
  failure(promise: Promise<unknown>): Promise<{ name: string; message: string; errno: string | null } | null>;
  [name: string]: unknown;
}

/** Runs in the page. */
function prepare(): void {
  const page = globalThis as unknown as InPage;
  const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  const faults = new BroadcastChannel('faults');
  const helpers: Partial<InPage> = {
    open({ query = '', ...config }) {
      const worker = () => new Worker(`/site/faulty-core.js${query}`, { type: 'module' });
      return page.lib.setup({
        persistence_config: { storage: 'db', ...config },
        worker,
        fail_on_missing_backend: false,
      });
    },
    fail: (what = {}) =>
      new Promise((resolve) => {
        faults.onmessage = () => resolve();
        faults.postMessage(what);
      }),
    async create(cl, name) {
      const backend =
        cl.backends.get('pool') ?? (await cl.backend({ volume_backend_name: 'pool', volume_driver: driver }));
      await backend.createVolume(1, { name });
    },
    async names(cl) {
      return (await cl.persistence.getVolumes()).map((volume) => String(volume.display_name)).sort();
    },
    async put(cl, key, value = 'value') {
      await cl.persistence.setKeyValue(new page.lib.KeyValue(key, value));
    },
    async keys(cl) {
      return (await cl.persistence.getKeyValues()).map(({ key }) => key).sort();
    },
    async exported(cl) {
      const bytes = new Uint8Array(await (await cl.exportDatabase()).arrayBuffer());
      let text = '';
      for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
      return btoa(text);
    },
    async failure(promise) {
      try {
        await promise;
        return null;
      } catch (error) {
        const { name, message, errno = null } = error as { name: string; message: string; errno?: string };
        return { name, message, errno };
      }
    },
  };
  Object.assign(globalThis, helpers);
}

export interface StorageSite extends AsyncDisposable {
  readonly browser: Browser;
  readonly server: StaticServer;
  newPage(): Promise<Page>;
}

/** Why the browser cannot be had, a reason to skip. */
export { missingBrowser };

export async function openStorageSite(name: BrowserName, profile?: string): Promise<StorageSite> {
  const server = await startServer({
    '/dist/': folder('../../dist/'),
    '/site/': folder('./site/'),
    '/': { type: 'text/html', body: '<!doctype html><title>storage</title>' },
  });
  const browser = await openBrowser(name, profile === undefined ? {} : { profile });
  return {
    browser,
    server,
    newPage: () => openStoragePage(browser, server.origin),
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server.close();
    },
  };
}

export async function openStoragePage(browser: Browser, origin: string): Promise<Page> {
  const page = await browser.newPage(`${origin}/`);
  await page.evaluate("import('/dist/index.js').then((lib) => { globalThis.lib = lib; })");
  await page.evaluate(prepare);
  return page;
}
