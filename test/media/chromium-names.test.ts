/**
 * Chromium's log of the names in OPFS, after a kill in the middle of a write: Chromium would append to the torn log, and ignore
 * at the next start what it has appended, the names of files with it.
 */
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missingBrowser, type Page } from '../support/browsers/browser.ts';
import { inTemporaryFolder } from '../support/golden.ts';
import { inChromium } from './chromium-sessions.ts';
import type { InPage } from './storage-page.ts';

declare const open: InPage['open'];
declare const put: InPage['put'];
declare const keys: InPage['keys'];
declare const failure: InPage['failure'];

/** What a session stores in which database, and whether it closes them. */
interface Order {
  readonly added: Readonly<Record<string, readonly string[]>>;
  readonly closes?: boolean;
}

/** Has the page tell all keys of each database, or why it cannot be opened. */
const store = (page: Page, order: Order) =>
  page.evaluate(async ({ added, closes = false }: Order) => {
    const found: Record<string, unknown> = {};
    for (const [name, list] of Object.entries(added)) {
      const opening = open({ connection: `sqlite:///${name}`, medium: 'opfs' });
      found[name] = await failure(opening);
      if (found[name] !== null) continue;
      const cl = await opening;
      for (const key of list) await put(cl, key);
      found[name] = await keys(cl);
      if (closes) await cl.close();
    }
    // The record that the test tears: of a file that nobody needs.
    await (await navigator.storage.getDirectory()).getFileHandle('last', { create: true });
    return found;
  }, order);

function newestLog(profile: string): string {
  const names = join(profile, 'Default/File System/000/t/Paths');
  const logs = readdirSync(names).filter((name) => name.endsWith('.log'));
  return join(names, logs.sort().at(-1) ?? '');
}

test('a log of names that a kill has torn costs nothing that was acknowledged', {
  timeout: 120_000,
}, async (context) => {
  const missing = missingBrowser('chromium');
  if (missing !== null) return context.skip(missing);
  const [old, recent] = ['some/folder/old', 'another/new'];
  await inTemporaryFolder((profile) =>
    inChromium(profile, async ({ page, kill }) => {
      await store(await page(), { added: { [old]: ['1', '2'] }, closes: true });
      await kill();
      // Without the end of its last record, as if the kill had come before that was written.
      const log = newestLog(profile);
      truncateSync(log, statSync(log).size - 10);
      const stored = { [old]: ['1', '2', '3'], [recent]: ['a', 'b'] };
      expect(await store(await page(), { added: { [old]: ['3'], [recent]: ['a', 'b'] } })).toEqual(stored);
      await kill();
      expect(await store(await page(), { added: { [old]: [], [recent]: [] } })).toEqual(stored);
    }),
  );
});
