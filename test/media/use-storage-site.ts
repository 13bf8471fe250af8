/** A browser with the pages that storage is tried in, for the tests of a file: opened before the first, closed after the last. */
import { afterAll, beforeAll, type TestContext } from 'vitest';
import type { BrowserName, Page } from '../support/browsers/browser.ts';
import { missingBrowser, openStorageSite, type StorageSite } from './storage-page.ts';

export interface SiteInTests {
  readonly running: StorageSite;
  /** A page for one test, which is skipped where there is no such browser; in CI that is a failure. */
  newPage(context: TestContext): Promise<Page>;
}

/** Call it where tests are registered. */
export function useStorageSite(browser: BrowserName): SiteInTests {
  const missing = missingBrowser(browser);
  let site: StorageSite | null = null;
  beforeAll(async () => {
    if (missing === null) site = await openStorageSite(browser);
  }, 120_000);
  afterAll(async () => site?.[Symbol.asyncDispose]());
  const running = (): StorageSite => {
    if (site === null) throw new Error(missing ?? 'The browser runs only while tests do.');
    return site;
  };
  return {
    get running() {
      return running();
    },
    newPage(context) {
      if (missing !== null) context.skip(missing);
      return running().newPage();
    },
  };
}
