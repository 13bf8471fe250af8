/** Contexts that were closed are garbage: nothing that outlives them in a page refers to them. */
import { expect, test } from 'vitest';
import { missingBrowser, openBrowser } from '../support/browsers/browser.ts';
import { startTabServer, Tab } from '../support/tab.ts';

// What the page has.
declare const lib: typeof import('cinderlib-wasm');
declare const gc: () => void;

test.for([
  ['indexeddb', true],
  ['opfs', true],
  ['indexeddb', false],
] as const)('on %s, with worker: %s', { timeout: 120_000 }, async ([medium, worker], context) => {
  // Only Chromium lets a page collect garbage.
  const missing = missingBrowser('chromium');
  if (missing !== null) return context.skip(missing);
  await using server = await startTabServer();
  await using browser = await openBrowser('chromium', { flags: ['--js-flags=--expose-gc'] });
  const { page } = await Tab.load(browser, server.origin);
  const alive = await page.evaluate(
    async ({ medium, worker }) => {
      const contexts: WeakRef<object>[] = [];
      const use = async (): Promise<void> => {
        const persistence_config = { storage: 'db', connection: 'sqlite:///garbage', medium };
        const cl = await lib.setup({ persistence_config, worker });
        await cl.persistence.setKeyValue(new lib.KeyValue('k', 'v'));
        await cl.close();
        contexts.push(new WeakRef(cl));
      };
      for (let n = 0; n < 10; n++) await use();
      let alive = 0;
      for (let tries = 0; tries < 20; tries++) {
        // A reference that was looked at lasts until the end of the task.
        await new Promise((done) => setTimeout(done, 100));
        gc();
        alive = contexts.filter((one) => one.deref() !== undefined).length;
        if (alive <= 1) break;
      }
      return alive;
    },
    { medium, worker },
  );
  // The last one may still be on the stack of what ended last.
  expect(alive).toBeLessThanOrEqual(1);
});
