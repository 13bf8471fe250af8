/**
 * Chromium's log of IndexedDB, after a kill in the middle of a write: Chromium would append to the torn log, find it
 * corrupt at the next start, and remove all databases of the site.
 */
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missingBrowser, openBrowser } from '../support/browsers/browser.ts';
import { inTemporaryFolder } from '../support/golden.ts';
import { type InPage, openStoragePage, openStorageSite } from './storage-page.ts';

declare const open: InPage['open'];
declare const put: InPage['put'];
declare const keys: InPage['keys'];
declare const failure: InPage['failure'];

const timeout = 120_000;

/** Runs in the page: stores a pair under each of the keys, and tells all keys that are there, or why it cannot. */
const store = async (added: readonly string[]) => {
  const opening = open({ connection: 'sqlite:///logged' });
  const problem = await failure(opening);
  if (problem !== null) return problem;
  const cl = await opening;
  for (const key of added) await put(cl, key);
  return keys(cl);
};

/** Starts Chromium once for each list of keys, stores them, and kills it; `between` is told the log that is then there. */
function sessions(lists: readonly (readonly string[])[], between: (log: string, session: number) => void) {
  return inTemporaryFolder(async (profile) => {
    const site = await openStorageSite('chromium', profile);
    const answers = [];
    let { browser } = site;
    try {
      for (const [session, list] of lists.entries()) {
        const page = await openStoragePage(browser, site.server.origin);
        answers.push(await page.evaluate(store, list));
        await browser.kill();
        between(newestLog(profile), session);
        browser = await openBrowser('chromium', { profile });
      }
    } finally {
      await browser.close();
      await site.server.close();
    }
    return answers;
  });
}

function newestLog(profile: string): string {
  const databases = join(profile, 'Default/IndexedDB');
  const origin = readdirSync(databases).find((name) => name.endsWith('.indexeddb.leveldb')) ?? '';
  const logs = readdirSync(join(databases, origin)).filter((name) => name.endsWith('.log'));
  return join(databases, origin, logs.sort().at(-1) ?? '');
}

test('a log that a kill has torn costs nothing that was acknowledged', { timeout }, async (context) => {
  const missing = missingBrowser('chromium');
  if (missing !== null) return context.skip(missing);
  const [first, second, third, fourth] = await sessions([['1', '2'], ['3'], ['4'], []], (log, session) => {
    // Without the end of its last record, as if the kill had come before that was written.
    if (session === 0) truncateSync(log, statSync(log).size - 10);
  });
  expect(first).toEqual(['1', '2']);
  // Nothing tells whether the record was of the last pair, or of what Chromium keeps about it.
  expect([
    ['1', '3'],
    ['1', '2', '3'],
  ]).toContainEqual(second);
  expect(third).toEqual([...(second as string[]), '4']);
  expect(fourth).toEqual(third);
});

test('databases that Chromium has removed are not replaced by empty ones in silence', { timeout }, async (context) => {
  const missing = missingBrowser('chromium');
  if (missing !== null) return context.skip(missing);
  const [stored, gone, anew] = await sessions([['1', '2'], [], ['3']], (log, session) => {
    if (session > 0) return;
    const bytes = readFileSync(log);
    bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 100);
    writeFileSync(log, bytes);
  });
  expect(stored).toEqual(['1', '2']);
  expect(gone).toMatchObject({
    name: 'DatabaseCorrupt',
    message: expect.stringMatching(/has removed .* "IndexedDB .*"/),
  });
  expect(anew).toEqual(['3']);
});
