/**
 * Pages in the browser's back-forward cache: nothing runs in them, but they may hold a lock and open files. Other tabs
 * do not wait for them, and a user who goes back finds a page that works, or one that was loaded anew.
 */
import { describe, expect, test } from 'vitest';
import { type StaticServer, startServer } from '../support/browsers/static-server.ts';
import { Tab, tabSite } from '../support/tab.ts';
import { useBrowser } from '../support/use-browser.ts';

/** Reports the answer to a call once the user has come back. */
const page = `<!doctype html><title>tab</title><script>
  addEventListener('pageshow', async ({ persisted }) => {
    if (!persisted && performance.getEntriesByType('navigation')[0].type !== 'back_forward') return;
    const call = globalThis.cl?.persistence.setKeyValue(new lib.KeyValue('back', '1'));
    const answer = await call?.then(() => 'ok', ({ code }) => code);
    fetch('/back', { method: 'POST', body: JSON.stringify({ kept: persisted, answer }) });
  });
</script>`;
/** Goes back when it is told to, since drivers lose sight of a tab whose page was cached. */
const other = `<!doctype html><title>other</title><script>
  new BroadcastChannel('way').onmessage = () => history.back();
</script>`;
const site = {
  ...tabSite,
  '/': { type: 'text/html', body: page, headers: { 'cache-control': 'no-cache' } },
  '/other': { type: 'text/html', body: other },
  '/guide': { type: 'text/html', body: '<!doctype html><title>guide</title>' },
};

describe.each([
  ['chromium', 'indexeddb'],
  ['chromium', 'opfs'],
  ['firefox', 'indexeddb'],
  ['firefox', 'opfs'],
] as const)('%s, %s', (name, medium) => {
  const browser = useBrowser(name);

  const check = (title: string, body: (server: StaticServer, open: () => Promise<Tab>) => Promise<void>): void =>
    test(title, async (context) => {
      if (browser.missing !== null) return context.skip(browser.missing);
      await using server = await startServer(site);
      const tabs: Tab[] = [];
      await body(server, async () => {
        const tab = await Tab.open(browser.running, server.origin, { medium, busy_timeout: 1000 });
        tabs.push(tab);
        return tab;
      });
      await Promise.all(tabs.map((tab) => tab.page.close().catch(() => {})));
    });
  const leave = (tab: Tab, { origin }: StaticServer): Promise<void> => tab.page.goto(`${origin}/other`);
  /**
   * Whether the page that comes back was cached; its call must succeed, unless the page was loaded anew.
   *
   * A busy Chromium may suspend a page before it has released its lock, and then evicts it for a tab that asks for the
   * lock. Now and then it crashes in doing so, and with it the page that its user has gone on to (decision 081): then
   * nothing comes back, and all else holds.
   */
  const comeBack = async (tab: Tab, server: StaticServer): Promise<boolean> => {
    const guide = await browser.running.newPage(`${server.origin}/guide`);
    await guide.evaluate("new BroadcastChannel('way').postMessage('back')");
    const crashed = tab.page.crashed?.then(() => null);
    const posted = await Promise.race([server.posted('/back'), ...(crashed ? [crashed] : [])]);
    await guide.close();
    if (posted === null) {
      console.log(`${name}, ${medium}: the browser crashed as it evicted the page`);
      return false;
    }
    const { kept, answer } = JSON.parse(posted) as { kept: boolean; answer?: string };
    expect(answer).toBe(kept ? 'ok' : undefined);
    return kept;
  };

  check('a page that was alone works after the user comes back', async (server, open) => {
    const one = await open();
    await one.set('before', '1');
    await leave(one, server);
    expect(await comeBack(one, server)).toBe(name === 'chromium');
    const two = await open();
    expect(await two.pairs()).toEqual({ before: '1', ...(name === 'chromium' && { back: '1' }) });
  });

  check('a cached leader is replaced, and overwrites nothing when it comes back', async (server, open) => {
    const [one, two] = [await open(), await open()];
    await one.set('before', '1');
    await leave(one, server);
    const took = await two.set('meanwhile', '2');
    console.log(`${name}, ${medium}: a leader that was left was followed within ${Math.round(took)} ms`);
    expect(await two.isLeader()).toBe(true);
    const kept = await comeBack(one, server);
    await two.set('after', '3');
    expect(await two.pairs()).toEqual({ before: '1', meanwhile: '2', after: '3', ...(kept && { back: '1' }) });
  });

  // Firefox caches no page that holds a lock.
  if (name === 'firefox') return;

  check('a new tab does not wait for the only other page if that is cached', async (server, open) => {
    const one = await open();
    await one.set('before', '1');
    await leave(one, server);
    const two = await open();
    await two.set('meanwhile', '2');
    const kept = await comeBack(one, server);
    expect(await two.pairs()).toEqual({ before: '1', meanwhile: '2', ...(kept && { back: '1' }) });
  });

  check('a cached follower works after it comes back, and blocks nobody meanwhile', async (server, open) => {
    const [one, two, three] = [await open(), await open(), await open()];
    await two.set('before', '1');
    await leave(two, server);
    await one.set('meanwhile', '2');
    await one.page.close();
    // The closing tab may have begun or even finished the call.
    await three.setSurely('later', '3');
    await expect.poll(() => three.isLeader()).toBe(true);
    const kept = await comeBack(two, server);
    expect(await three.pairs()).toEqual({ before: '1', meanwhile: '2', later: '3', ...(kept && { back: '1' }) });
  });
});
