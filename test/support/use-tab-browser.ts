/** Provides a browser, and a server for tabs in it, for the tests of a file. */
import { afterAll, beforeAll } from 'vitest';
import type { BrowserName } from './browsers/browser.ts';
import type { StaticServer } from './browsers/static-server.ts';
import { startTabServer, Tab, type TabOptions } from './tab.ts';
import { useBrowser } from './use-browser.ts';

export interface TabBrowser {
  /** Why there is no such browser; null if there is one. */
  readonly missing: string | null;
  readonly server: StaticServer;
  openTab(options: TabOptions): Promise<Tab>;
}

/** Call it where tests are registered. */
export function useTabBrowser(name: BrowserName): TabBrowser {
  const browser = useBrowser(name);
  let server: StaticServer | undefined;
  beforeAll(async () => {
    server = await startTabServer();
  });
  afterAll(() => server?.close());
  const running = (): StaticServer => {
    if (server === undefined) throw new Error('The server runs only while tests do.');
    return server;
  };
  return {
    missing: browser.missing,
    get server() {
      return running();
    },
    openTab: (options) => Tab.open(browser.running, running().origin, options),
  };
}
