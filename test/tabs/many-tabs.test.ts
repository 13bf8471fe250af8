/** Many tabs of a real browser on one database: which leads, which follow, and what happens to calls at a change. */
import { describe, expect, test } from 'vitest';
import type { Tab, TabOptions } from '../support/tab.ts';
import { useTabBrowser } from '../support/use-tab-browser.ts';

// What the page has.
declare const lib: typeof import('cinderlib-wasm');
declare const cl: Awaited<ReturnType<typeof lib.setup>>;

/** Runs in a page: closes the context while a migration writes into its storage and a read waits; returns what became of both. */
const closeDuringMigration = async (): Promise<{ readonly migration: string; readonly volumes: number }> => {
  const source = await lib.setup({ persistence_config: { storage: 'memory' } });
  await source.persistence.setKeyValue(new lib.KeyValue('migrated', '1'));
  const ends: Promise<unknown>[] = [];
  let volumes = 0;
  const read = async (): Promise<void> => {
    for await (const _ of cl.Volume.iterate()) volumes += 1;
  };
  const on_progress = (): void => {
    if (ends.length === 0) ends.push(read(), cl.close());
  };
  const migration = await lib
    .migrate({ storage: source.persistence }, { storage: cl.persistence }, { on_progress })
    .then(() => 'stored')
    .catch(({ code }) => code);
  await Promise.all(ends);
  await source.close();
  return { migration, volumes };
};

describe.each(['chromium', 'firefox'] as const)('%s', (name) => {
  const tabBrowser = useTabBrowser(name);
  let tabs: Tab[] = [];
  let databases = 0;

  /** Gives each test a database of its own, and closes its tabs afterwards. */
  const check = (title: string, body: (open: (options?: TabOptions) => Promise<Tab>) => Promise<void>): void => {
    test(title, async (context) => {
      if (tabBrowser.missing !== null) return context.skip(tabBrowser.missing);
      const database = `test-${++databases}`;
      tabs = [];
      try {
        await body(async (options = {}) => {
          const tab = await tabBrowser.openTab({ database, ...options });
          tabs.push(tab);
          return tab;
        });
      } finally {
        await Promise.all(tabs.map(({ page }) => page.close().catch(() => {})));
      }
    }, 120_000);
  };
  const leaders = (of: readonly Tab[]): Promise<boolean[]> => Promise.all(of.map((tab) => tab.isLeader()));

  describe.each(['indexeddb', 'opfs'] as const)('on %s', (medium) => {
    check('a second tab sees what the first has stored, and the first what the second stores', async (open) => {
      const [one, two] = [await open({ medium }), await open({ medium })];
      await one.set('of one', '1');
      expect(await two.pairs()).toEqual({ 'of one': '1' });
      await two.set('of two', '2');
      await one.delete('of one');
      const three = await open({ medium });
      expect(await three.pairs()).toEqual({ 'of two': '2' });
      expect(await leaders([one, two, three])).toEqual([true, false, false]);
    });

    check('when the leader closes its tab, the next one leads and nothing is lost', async (open) => {
      const [one, two, three] = [await open({ medium }), await open({ medium }), await open({ medium })];
      await three.set('before', '1');
      await one.page.close();
      await three.setSurely('after', '2');
      expect(await three.pairs()).toEqual({ before: '1', after: '2' });
      await expect.poll(() => leaders([two, three])).toEqual([true, false]);
      await two.page.close();
      await three.setSurely('last', '3');
      expect(await three.isLeader()).toBe(true);
      expect(await three.pairs()).toEqual({ before: '1', after: '2', last: '3' });
    });

    check(
      'if the worker of the leader dies, its own tab fails with WORKER_LOST, and the others go on',
      async (open) => {
        const [one, two] = [await open({ medium }), await open({ medium })];
        await one.set('k', 'v');
        await one.killWorker();
        await two.setSurely('after', 'v');
        expect(await two.pairs()).toEqual({ k: 'v', after: 'v' });
        await expect(one.set('more', 'v')).rejects.toMatchObject({ code: 'WORKER_LOST' });
        await one.closeContext();
        await one.setup({ medium, database: `test-${databases}` });
        expect(await one.pairs()).toEqual({ k: 'v', after: 'v' });
        expect(await leaders([one, two])).toEqual([false, true]);
      },
    );
  });

  check('close() of the leader hands over at once, and answers the calls that it accepted', async (open) => {
    const [one, two] = [await open(), await open()];
    const writes = Array.from({ length: 30 }, (_, n) => two.set(`k${n}`, 'v'));
    await one.closeContext();
    await Promise.all(writes);
    expect(Object.keys(await two.pairs())).toHaveLength(30);
    expect(await two.isLeader()).toBe(true);
  });

  check('close() during a migration into the database ends both, and the other tabs go on', async (open) => {
    const [one, two, three] = [await open(), await open(), await open()];
    const ended = { migration: 'CONTEXT_CLOSED', volumes: 0 };
    for (const [closing, other] of [
      [two, one],
      [one, three],
    ] as const) {
      const closed = closing.page.evaluate(closeDuringMigration);
      const calls = Promise.all(Array.from({ length: 20 }, (_, n) => other.setSurely(`k${n}`, 'v')));
      expect(await closed).toEqual(ended);
      await calls;
    }
    expect(await three.isLeader()).toBe(true);
    const keys = Object.keys(await three.pairs());
    expect(keys).toHaveLength(20);
    expect(keys).not.toContain('migrated');
  });

  check('changes() reports every change to every tab, once and in order', async (open) => {
    const [one, two, three] = [await open(), await open(), await open()];
    await one.set('a', '1');
    await two.set('b', '1');
    await three.delete('a');
    const expected = (place: number) =>
      [
        ['a', 'set'],
        ['b', 'set'],
        ['a', 'delete'],
      ].map(([id, action], n) => ({ kind: 'key_value', id, action, here: n === place }));
    for (const [place, tab] of [one, two, three].entries()) {
      await expect.poll(() => tab.heard()).toEqual(expected(place));
    }
  });

  check('options that all tabs must share are refused if they differ', async (open) => {
    const one = await open();
    await expect(open({ soft_deletes: true })).rejects.toMatchObject({
      code: 'DATABASE_LOCKED',
      message: expect.stringContaining('soft_deletes'),
    });
    await one.set('k', 'v');
    await one.page.close();
    const other = await open({ soft_deletes: true });
    expect(await other.pairs()).toEqual({ k: 'v' });
  });

  check('several contexts in one tab share the database, also without a worker', async (open) => {
    const one = await open();
    const both = await one.page.evaluate(
      async (persistence_config) => {
        const lib = Reflect.get(globalThis, 'lib') as typeof import('cinderlib-wasm');
        const [inWorker, onThread] = await Promise.all(
          [true, false].map((worker) => lib.setup({ persistence_config, worker })),
        );
        await inWorker?.persistence.setKeyValue(new lib.KeyValue('a', '1'));
        await onThread?.persistence.setKeyValue(new lib.KeyValue('b', '2'));
        const infos = await Promise.all([inWorker, onThread].map((cl) => cl?.info()));
        const pairs = await inWorker?.persistence.getKeyValues();
        await Promise.all([inWorker, onThread].map((cl) => cl?.close()));
        return { leaders: infos.map((info) => info?.leader), keys: pairs?.map(({ key }) => key).sort() };
      },
      { storage: 'db', connection: `sqlite:///test-${databases}`, medium: 'indexeddb' },
    );
    expect(both).toEqual({ leaders: [false, false], keys: ['a', 'b'] });
    expect(await one.pairs()).toEqual({ a: '1', b: '2' });
  });

  check('tabs that open at the same moment find each other, and elect one leader', async (open) => {
    const all = await Promise.all(Array.from({ length: 6 }, () => open()));
    await Promise.all(all.map((tab, n) => tab.set(`k${n}`, 'v')));
    for (const tab of all) expect(Object.keys(await tab.pairs())).toHaveLength(6);
    expect((await leaders(all)).filter(Boolean)).toHaveLength(1);
  });

  check('every tab has the engine loaded, so that the next leader needs no network', async (open) => {
    const count = (): number => tabBrowser.server.log.filter((line) => line === '200 /dist/sql-wasm.wasm').length;
    const before = count();
    await open();
    await open();
    await expect.poll(() => count() - before).toBe(2);
  });

  check('without SharedWorker, tabs communicate over a BroadcastChannel', async (open) => {
    const before = 'delete globalThis.SharedWorker';
    const [one, two] = [await open({ before }), await open({ before })];
    await Promise.all(Array.from({ length: 20 }, (_, n) => two.set(`k${n}`, 'v')));
    expect(Object.keys(await one.pairs())).toHaveLength(20);
    const three = await open();
    await three.set('with', 'ports');
    await one.page.close();
    await three.setSurely('again', 'v');
    expect(Object.keys(await two.pairs())).toHaveLength(22);
  });

  check('a leader on IndexedDB that hangs is replaced in bounded time, and follows when it recovers', async (open) => {
    const [one, two, three] = [await open(), await open({ busy_timeout: 1000 }), await open({ busy_timeout: 1000 })];
    await one.set('before', '1');
    await one.hang(6000);
    const ownCall = one.set('of the hung one', '1');
    const [took] = await Promise.all([two.set('meanwhile', '2'), three.set('too', '3')]);
    console.log(`${name}: a hung leader was replaced within ${Math.round(took)} ms`);
    expect(took).toBeLessThan(6000);
    await ownCall;
    expect(await one.pairs()).toEqual({ before: '1', 'of the hung one': '1', meanwhile: '2', too: '3' });
    expect(await one.isLeader()).toBe(false);
    expect((await leaders([two, three])).filter(Boolean)).toHaveLength(1);
  });

  check('calls fail with DATABASE_LOCKED while a leader on OPFS hangs, and work once it recovers', async (open) => {
    const one = await open({ medium: 'opfs' });
    const two = await open({ medium: 'opfs', busy_timeout: 1000 });
    await two.set('before', '1');
    await new Promise((done) => setTimeout(done, 1100));
    await one.hang(6000);
    await expect(two.set('meanwhile', '2')).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    await expect.poll(() => two.pairs().catch(() => null), { timeout: 20_000 }).toEqual({ before: '1' });
    await two.set('after', '3');
    expect(await one.pairs()).toEqual({ before: '1', after: '3' });
  });

  check('if the next leader hangs too, the one after it takes over', async (open) => {
    const [one, two, three] = [await open(), await open(), await open({ busy_timeout: 1000 })];
    await three.set('before', '1');
    await two.hang(6000);
    await one.page.close();
    // The closing tab may have begun the call.
    const took = await three.setSurely('after', '2');
    console.log(`${name}: a hand-over that hung was taken over within ${Math.round(took)} ms`);
    expect(took).toBeLessThan(6000);
    expect(await three.pairs()).toEqual({ before: '1', after: '2' });
    expect(await two.pairs()).toEqual({ before: '1', after: '2' });
  });

  check('a leader whose page is busy still answers other tabs', async (open) => {
    const [one, two] = [await open(), await open()];
    const busy = one.page.evaluate(() => {
      const end = Date.now() + 3000;
      while (Date.now() < end);
    });
    expect(await two.set('k', 'v')).toBeLessThan(3000);
    await busy;
  });

  if (name === 'chromium') {
    check('a frozen leader is replaced, and follows when it thaws', async (open) => {
      const [one, two] = [await open(), await open({ busy_timeout: 1000 })];
      await one.set('before', '1');
      await one.page.freeze?.(true);
      // Only a new leader can answer: the frozen one cannot. Its worker may stop a moment later than the page.
      await two.setSurely('meanwhile', '2');
      await one.page.freeze?.(false);
      await one.set('thawed', '3');
      expect(await two.pairs()).toEqual({ before: '1', meanwhile: '2', thawed: '3' });
    });

    check('a leader that crashes is replaced', async (open) => {
      const [one, two] = [await open(), await open()];
      await one.set('before', '1');
      await Promise.all([one.page.crash?.(), two.setSurely('after', '2')]);
      expect(await two.pairs()).toEqual({ before: '1', after: '2' });
      await expect.poll(() => two.isLeader()).toBe(true);
    });
  }
});
