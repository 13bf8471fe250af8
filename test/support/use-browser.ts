/** Provides a browser for the tests of a file: started before the first, closed after the last. */
import { afterAll, beforeAll } from 'vitest';
import {
  type Browser,
  type BrowserName,
  type BrowserOptions,
  missingBrowser,
  openBrowser,
} from './browsers/browser.ts';

export interface BrowserInTests {
  /** Why there is no such browser; null if there is one. */
  readonly missing: string | null;
  readonly running: Browser;
}

/** Call it where tests are registered. */
export function useBrowser(name: BrowserName, options: BrowserOptions = {}): BrowserInTests {
  const missing = missingBrowser(name);
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (missing === null) browser = await openBrowser(name, options);
  }, 120_000);
  afterAll(() => browser?.close(), 120_000);
  return {
    missing,
    get running() {
      if (browser === undefined) throw new Error(missing ?? 'The browser runs only while tests do.');
      return browser;
    },
  };
}
