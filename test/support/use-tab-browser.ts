/** Provides a browser and a server for the tests of a file: started before the first, closed after the last. */
import { afterAll, beforeAll } from 'vitest';
import { type Browser, type BrowserName, missingBrowser, openBrowser } from './browsers/browser.ts';
import type { StaticServer } from './browsers/static-server.ts';
import { startTabServer, Tab, type TabOptions } from './tab.ts';

export interface TabBrowser {
  /** Why there is no such browser; null if there is one. */
  readonly missing: string | null;
  readonly server: StaticServer;
  openTab(options: TabOptions): Promise<Tab>;
}

/** Call it where tests are registered. */
export function useTabBrowser(name: BrowserName): TabBrowser {
  const missing = missingBrowser(name);
  let server: StaticServer | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (missing !== null) return;
    server = await startTabServer();
    browser = await openBrowser(name);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  }, 120_000);
  const running = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error(missing ?? 'The browser runs only while tests do.');
    return part;
  };
  return {
    missing,
    get server() {
      return running(server);
    },
    openTab: (options) => Tab.open(running(browser), running(server).origin, options),
  };
}
