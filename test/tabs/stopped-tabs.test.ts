/**
 * The process of a tab is stopped in the middle of its work and continues much later, when other tabs have moved on:
 * nothing that it had begun may overwrite later changes of others.
 *
 * `CINDERLIB_ROUNDS=n` stops the leader n times.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { BulkWriter } from '../../src/persistence/bulk-writer.ts';
import { nativeView } from '../media/native-copy.ts';
import { rounds, timeFor } from '../support/rounds.ts';
import { type Place, placeOf, type Tab } from '../support/tab.ts';
import { Model, type Operation, runAll, unknown } from '../support/tab-model.ts';
import { useTabBrowser } from '../support/use-tab-browser.ts';

const roundCount = rounds(1);
/** Milliseconds; longer than the patience of the other tabs. */
const stoppedFor = 2500;
const tabCount = 3;
/** Per tab, all at once, to as many keys of its own as `keyCount` says. */
const writeCount = 150;
const keyCount = 40;

declare const cl: { readonly persistence: { bulk(): Promise<BulkWriter> } };

/** Runs in a page: the steps of a bulk, as migrations make them. */
const bulkStep = async (step: 'begin' | 'append' | 'commit'): Promise<void> => {
  if (step === 'begin') Reflect.set(globalThis, 'writer', await cl.persistence.bulk());
  const writer = Reflect.get(globalThis, 'writer') as BulkWriter;
  if (step === 'append') await writer.append([{ kind: 'setKeyValue', key: 'of a bulk', value: '1' }]);
  if (step === 'commit') await writer.commit();
};

describe.each([
  ['chromium', 'indexeddb'],
  ['chromium', 'opfs'],
  ['firefox', 'indexeddb'],
  ['firefox', 'opfs'],
] as const)('%s, %s', (name, medium) => {
  const tabBrowser = useTabBrowser(name);
  /** Tabs that run in a process each. */
  let places: Place[] = [];
  let databases = 0;

  const options = () => ({ database: `stopped-${databases}`, medium, busy_timeout: 1000 });
  const check = (title: string, body: () => Promise<void>): void =>
    test(
      title,
      async (context) => {
        if (tabBrowser.missing !== null) return context.skip(tabBrowser.missing);
        databases += 1;
        places = [];
        try {
          while (places.length < tabCount) await openApart();
          await body();
        } finally {
          // A stopped tab could not be closed.
          for (const place of places) process.kill(place.process, 'SIGCONT');
          await Promise.all(places.map(({ tab }) => tab.page.close().catch(() => {})));
        }
      },
      timeFor(roundCount, 20_000),
    );
  const openApart = async (): Promise<void> => {
    const place = await placeOf(await tabBrowser.openTab(options()));
    if (places.some((other) => other.process === place.process)) await place.tab.page.close();
    else places.push(place);
  };
  /** Stops a tab's process for `stoppedFor`, and until all calls of the others meanwhile are answered. */
  const stop = async ({ process: pid }: Place, meanwhile: () => Promise<void>): Promise<void> => {
    process.kill(pid, 'SIGSTOP');
    try {
      await Promise.all([sleep(stoppedFor), meanwhile()]);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  };

  check('a leader that is stopped during writes overwrites nothing when it continues', async () => {
    const model = new Model();
    const fates: Record<string, number> = {};
    const write = async (place: Place, when: string): Promise<void> => {
      const operations = Array.from({ length: writeCount }, (_, n) => ({
        key: `${when} ${place.process} ${n % keyCount}`,
        value: `${n} `.repeat(200),
      }));
      for (const [n, fate] of (await runAll(place.tab, operations)).entries()) {
        const code = fate.split(':')[0] ?? '';
        fates[code] = (fates[code] ?? 0) + 1;
        // No tab can take over the files of a stopped tab, nor its storage in the middle of a change.
        expect(['ok', unknown, 'DATABASE_LOCKED'], fate).toContain(code);
        model.apply(operations[n] as Operation, fate);
      }
    };
    for (let round = 0; round < roundCount; round++) {
      const leads = await Promise.all(places.map(({ tab }) => tab.isLeader()));
      const one = places[leads.indexOf(true)] as Place;
      const others = places.filter((place) => place !== one);
      const all = places.map((place) => write(place, 'before'));
      await sleep(30 + 25 * (round % 6));
      await stop(one, async () => {
        await Promise.all(others.map((place) => write(place, 'meanwhile')));
      });
      await Promise.all(all);
      await Promise.all(places.map((place) => write(place, 'after')));
      for (const { tab } of places) expect(model.problems(await tab.pairs()), `round ${round}`).toEqual([]);
      if (medium === 'indexeddb') expect(model.problems(await one.tab.storedPairs()), `round ${round}`).toEqual([]);
    }
    for (const { tab } of places) await tab.closeContext();
    const last = places[0]?.tab as Tab;
    await last.setup(options());
    expect(model.problems(await last.pairs()), 'in the end').toEqual([]);
    expect(nativeView(await last.exported()).integrity).toBe('ok');
    console.log(`${name}, ${medium}: ${JSON.stringify(fates)}`);
  });

  // Bulks work the same everywhere: one browser and medium are enough.
  if (name !== 'chromium' || medium !== 'indexeddb') return;

  check('a bulk of a stopped tab is given up when others wait, and nothing of it is stored', async () => {
    const [one, two] = places as [Place, Place];
    expect(await one.tab.isLeader()).toBe(true);
    await two.tab.page.evaluate(bulkStep, 'begin');
    await two.tab.page.evaluate(bulkStep, 'append');
    await stop(two, async () => {
      const took = await one.tab.set('meanwhile', '1');
      console.log(`${name}, ${medium}: a bulk of a stopped tab was given up within ${Math.round(took)} ms`);
    });
    await expect(two.tab.page.evaluate(bulkStep, 'commit')).rejects.toMatchObject({ code: 'DATABASE_ERROR' });
    expect(await two.tab.pairs()).toEqual({ meanwhile: '1' });
  });

  check('a bulk of a slow but running tab is waited for', async () => {
    const [one, two] = places as [Place, Place];
    await two.tab.page.evaluate(bulkStep, 'begin');
    const waiting = one.tab.set('meanwhile', '1');
    await sleep(stoppedFor);
    await two.tab.page.evaluate(bulkStep, 'append');
    await two.tab.page.evaluate(bulkStep, 'commit');
    await waiting;
    expect(await two.tab.pairs()).toEqual({ 'of a bulk': '1', meanwhile: '1' });
  });
});
