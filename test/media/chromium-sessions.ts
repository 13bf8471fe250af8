/** Sessions of a Chromium that is killed after each of them, on one profile; a test may damage its files in between. */
import { openBrowser, type Page } from '../support/browsers/browser.ts';
import { inTemporaryFolder } from '../support/golden.ts';
import { openStoragePage, openStorageSite } from './storage-page.ts';

/**
 * Starts Chromium once for each of the orders, has a page carry it out, and kills Chromium; `between` is told the profile that
 * is then there. Returns the answers.
 */
export function killedSessions<O, A>(
  orders: readonly O[],
  carryOut: (page: Page, order: O) => Promise<A>,
  between: (profile: string, session: number) => void,
): Promise<A[]> {
  return inTemporaryFolder(async (profile) => {
    const site = await openStorageSite('chromium', profile);
    const answers: A[] = [];
    let { browser } = site;
    try {
      for (const [session, order] of orders.entries()) {
        const page = await openStoragePage(browser, site.server.origin);
        answers.push(await carryOut(page, order));
        await browser.kill();
        between(profile, session);
        browser = await openBrowser('chromium', { profile });
      }
    } finally {
      await browser.close();
      await site.server.close();
    }
    return answers;
  });
}
