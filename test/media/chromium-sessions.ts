/** Sessions of a Chromium on one profile, which a test may damage in between. */
import { openBrowser, type Page } from '../support/browsers/browser.ts';
import { openStoragePage, openStorageSite } from './storage-page.ts';

export interface Chromium {
  /** A new page; starts Chromium again if it has ended. */
  page(): Promise<Page>;
  kill(): Promise<void>;
  quit(): Promise<void>;
}

export async function inChromium(profile: string, work: (chromium: Chromium) => Promise<void>): Promise<void> {
  const site = await openStorageSite('chromium', profile);
  let browser: typeof site.browser | null = site.browser;
  try {
    await work({
      async page() {
        browser ??= await openBrowser('chromium', { profile });
        return openStoragePage(browser, site.server.origin);
      },
      async kill() {
        await browser?.kill();
        browser = null;
      },
      async quit() {
        await browser?.close();
        browser = null;
      },
    });
  } finally {
    await browser?.close();
    await site.server.close();
  }
}
