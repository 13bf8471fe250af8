/** A tab of a real browser with a context of the library in it, driven by tests of many tabs. */
import { fileURLToPath } from 'node:url';
import type { Change } from 'cinderlib-wasm';
import { type Browser, type Page, PageError } from './browsers/browser.ts';
import { type Site, startServer } from './browsers/static-server.ts';

// What `Tab.open` leaves in the page for the programs that run there.
declare const lib: typeof import('cinderlib-wasm');
declare const cl: Awaited<ReturnType<typeof lib.setup>>;
declare const heard: Change[];
declare const config: { readonly storage: 'db'; readonly connection: string };

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** The core in a worker that can be made to hang, like a frozen one. */
const hangingWorker = `
  import '/dist/core.js';
  addEventListener('message', ({ data }) => {
    const end = Date.now() + (data?.hang ?? 0);
    while (Date.now() < end);
  });`;

export const tabSite: Site = {
  '/dist/': dist,
  '/hanging.js': { type: 'text/javascript', body: hangingWorker },
  '/': { type: 'text/html', body: '<!doctype html><title>tab</title>' },
};

export const startTabServer = (headers: Readonly<Record<string, string>> = {}) => startServer(tabSite, { headers });

export interface TabOptions {
  readonly medium?: 'indexeddb' | 'opfs';
  readonly database?: string;
  readonly busy_timeout?: number;
  readonly soft_deletes?: boolean;
  readonly worker?: boolean;
  /** Runs in the page before the library is loaded. */
  readonly before?: string;
}

export class Tab {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens a tab and loads the library in it. */
  static async load(browser: Browser, origin: string, before = '0'): Promise<Tab> {
    const page = await browser.newPage(`${origin}/`);
    await page.evaluate(before);
    await page.evaluate("import('/dist/index.js').then((lib) => { globalThis.lib = lib; })");
    return new Tab(page);
  }

  /** Opens a tab and the database in it. */
  static async open(browser: Browser, origin: string, options: TabOptions = {}): Promise<Tab> {
    const tab = await Tab.load(browser, origin, options.before);
    await tab.setup(options);
    return tab;
  }

  async setup({
    before: _,
    database = 'tabs',
    medium = 'indexeddb',
    worker,
    ...others
  }: TabOptions = {}): Promise<void> {
    const persistence_config = { storage: 'db', connection: `sqlite:///${database}`, medium, ...others };
    await this.page.evaluate(
      async ({ persistence_config, worker }) => {
        const makeWorker = (): Worker => {
          const made = new Worker('/hanging.js', { type: 'module' });
          Reflect.set(globalThis, 'core', made);
          return made;
        };
        const cl = await lib.setup({ persistence_config, worker: worker ?? makeWorker });
        const heard: unknown[] = [];
        Object.assign(globalThis, { cl, heard, config: persistence_config });
        void (async () => {
          for await (const change of cl.changes()) heard.push(change);
        })();
      },
      { persistence_config, worker },
    );
  }

  /** Stores a pair and returns how long that took, in milliseconds. */
  set(key: string, value: string): Promise<number> {
    return this.page.evaluate(
      async ([key, value]) => {
        const start = performance.now();
        await cl.persistence.setKeyValue(new lib.KeyValue(key, value));
        return performance.now() - start;
      },
      [key, value] as const,
    );
  }

  /** Stores a pair, and retries if a dead leader left the outcome unknown. */
  async setSurely(key: string, value: string): Promise<number> {
    try {
      return await this.set(key, value);
    } catch (error) {
      if (!(error instanceof PageError) || error.code !== 'OUTCOME_UNKNOWN') throw error;
      return this.set(key, value);
    }
  }

  delete(key: string): Promise<void> {
    return this.page.evaluate((key) => cl.persistence.deleteKeyValue(key), key);
  }

  /** Every stored pair. */
  async pairs(): Promise<Record<string, string | null>> {
    return Object.fromEntries(
      await this.page.evaluate(async () =>
        (await cl.persistence.getKeyValues()).map(({ key, value }): [string, string | null] => [key, value]),
      ),
    );
  }

  /** Every stored pair, read without the leader. IndexedDB only: in OPFS no other context can open the files. */
  async storedPairs(): Promise<Record<string, string | null>> {
    return Object.fromEntries(
      await this.page.evaluate(async () => {
        const reader = await lib.setup({ persistence_config: { ...config, read_only: true } });
        const pairs = await reader.persistence.getKeyValues();
        await reader.close();
        return pairs.map(({ key, value }): [string, string | null] => [key, value]);
      }),
    );
  }

  /** The exported database, as base64. */
  exported(): Promise<string> {
    return this.page.evaluate(async () => {
      let text = '';
      for (const byte of new Uint8Array(await (await cl.exportDatabase()).arrayBuffer()))
        text += String.fromCharCode(byte);
      return btoa(text);
    });
  }

  isLeader(): Promise<boolean> {
    return this.page.evaluate(async () => (await cl.info()).leader);
  }

  /** What `changes()` has reported so far. */
  heard(): Promise<Change[]> {
    return this.page.evaluate(() => heard);
  }

  /** Empties {@link heard}, so that it lists only changes from now on. */
  forgetHeard(): Promise<void> {
    return this.page.evaluate('heard.length = 0, undefined');
  }

  /** Blocks the worker for that many milliseconds, as if it were frozen. */
  hang(milliseconds: number): Promise<void> {
    return this.page.evaluate(`core.postMessage({ hang: ${milliseconds} })`);
  }

  /** Terminates the worker behind the library's back. */
  killWorker(): Promise<void> {
    return this.page.evaluate('core.terminate()');
  }

  closeContext(): Promise<void> {
    return this.page.evaluate(() => cl.close());
  }
}

/** A tab, and the process that it runs in, which other tabs may share. */
export interface Place {
  readonly tab: Tab;
  readonly process: number;
}

export async function placeOf(tab: Tab): Promise<Place> {
  return { tab, process: (await tab.page.process?.()) ?? 0 };
}
