/**
 * Ten tabs of a real browser write to one database while leaders are closed, killed, stopped and frozen at random: each
 * call is answered once or its outcome is unknown, and the final content is what a model predicts.
 *
 * `CINDERLIB_ROUNDS=n` runs n rounds of a hundred operations; `CINDERLIB_SEED` replays.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { missingBrowser, openBrowser, PageError } from '../support/browsers/browser.ts';
import { Random } from '../support/random.ts';
import { rounds, timeFor } from '../support/rounds.ts';
import { type Place, placeOf, startTabServer, Tab, type TabOptions } from '../support/tab.ts';
import { bury, type Disturbance, disturbancesOf } from '../support/tab-disturbances.ts';
import { type Fate, Model, type Operation, runAll, unknown } from '../support/tab-model.ts';

const tabCount = 10;
/** Per tab and round; each on a key of its own, all at once. */
const operationCount = 10;
/** Milliseconds; longer than the patience of the other tabs. */
const frozenFor = 2500;

class ManyTabs {
  readonly model = new Model();
  readonly fates: Record<string, number> = {};
  /** How long after a disturbance of the leader another tab's next change was stored, in milliseconds. */
  readonly handovers: Record<string, number[]> = {};
  readonly #open: () => Promise<Tab>;
  readonly #medium: TabOptions['medium'];
  readonly #random: Random;
  #places: Place[] = [];
  #leader = 0;

  constructor(open: () => Promise<Tab>, medium: TabOptions['medium'], random: Random) {
    this.#open = open;
    this.#medium = medium;
    this.#random = random;
  }

  async start(): Promise<void> {
    const tabs = await Promise.all(Array.from({ length: tabCount }, this.#open));
    for (const tab of tabs) this.#places.push(await placeOf(tab));
  }

  async round(number: number, how: Disturbance): Promise<void> {
    const about = `round ${number}, ${how.name}`;
    // Mostly the leader, since disturbing it has the most effect.
    const victim = this.#places[this.#random.below(4) === 0 ? this.#random.below(tabCount) : this.#leader] as Place;
    const leads = victim === this.#places[this.#leader];
    const isVictim = (place: Place): boolean =>
      how.ofProcess ? place.process === victim.process : place.tab === victim.tab;
    const others = this.#places.filter((place) => !isVictim(place));
    await others[0]?.tab.forgetHeard();
    const planned = this.#places.map((_, place) => this.#plan(number, place));
    const fates = new Map<Operation, Fate>();
    const note = (operations: readonly Operation[], tab: Tab): Promise<void> =>
      runAll(tab, operations).then((all) => {
        for (const [n, operation] of operations.entries()) fates.set(operation, all[n] ?? 'no answer');
      });
    const running = this.#places.map(({ tab }, n) => note(planned[n] ?? [], tab));
    await sleep(this.#random.below(30));
    await how.begin(victim.tab, victim.process);
    const since = performance.now();
    const probe = { key: `probe ${number % 2}`, value: `${number}` };
    const probed = others[0] && note([probe], others[0].tab).then(() => performance.now() - since);
    if (how.freezes) {
      await sleep(frozenFor);
      await how.end(victim.tab, victim.process);
    } else {
      await sleep(100);
      await bury(this.#places.filter(isVictim).map(({ tab }) => tab));
    }
    await Promise.all(running);
    const took = await probed;
    if (leads && took !== undefined && fates.get(probe) === 'ok') {
      this.handovers[how.name] = [...(this.handovers[how.name] ?? []), Math.round(took)];
    }
    this.#judge(fates, how, about);
    if (!how.freezes) {
      const again = async (place: Place): Promise<Place> => (isVictim(place) ? placeOf(await this.#open()) : place);
      for (const [n, place] of this.#places.entries()) this.#places[n] = await again(place);
    }
    await this.#check(about);
    const witness = others[0]?.tab;
    if (witness !== undefined) {
      await expect.poll(() => misheard(witness, fates), { timeout: 10_000, message: `${about}: heard` }).toEqual([]);
    }
  }

  /** Compares the final content with the model once all contexts are closed. */
  async end(): Promise<void> {
    for (const { tab } of this.#places) await tab.closeContext();
    const last = await this.#open();
    expect(this.model.problems(await last.pairs()), 'in the end').toEqual([]);
  }

  #plan(round: number, place: number): Operation[] {
    return Array.from({ length: operationCount }, (_, n) => ({
      // Keys alternate, so that late reports of the round before do not count for this one.
      key: `tab ${place} key ${n} ${round % 2}`,
      value: this.#random.below(5) === 0 ? null : `${round}-${this.#random.text(6)}`,
    }));
  }

  #judge(fates: ReadonlyMap<Operation, Fate>, how: Disturbance, about: string): void {
    for (const [operation, fate] of fates) {
      const code = fate.split(':')[0] ?? '';
      this.model.apply(operation, fate);
      this.fates[code] = (this.fates[code] ?? 0) + 1;
      const expected = ['ok', unknown];
      // No tab can take over the files of a frozen tab, nor its storage in the middle of a change.
      if (how.freezes) expected.push('DATABASE_LOCKED');
      if (how.name === 'worker ended') expected.push('WORKER_LOST');
      expect(expected, `${about}: ${fate}`).toContain(code);
    }
  }

  async #check(about: string): Promise<void> {
    // A frozen leader has run every call that was sent to it by the time it answers this.
    const leading = await eventually(() => Promise.all(this.#places.map((place) => place.tab.isLeader())));
    const { tab } = this.#places[this.#random.below(tabCount)] as Place;
    const stored = await eventually(() => tab.pairs());
    expect(this.model.problems(stored), `${about}: what a tab reads`).toEqual([]);
    // Reads the database directly, not what the leader has in memory.
    if (this.#medium === 'indexeddb') {
      expect(this.model.problems(await tab.storedPairs()), `${about}: stored`).toEqual([]);
    }
    expect(leading.filter(Boolean), `${about}: leaders`).toHaveLength(1);
    this.#leader = leading.indexOf(true);
  }
}

/** Changes that an undisturbed tab should have been told of exactly once, but was not. */
async function misheard(tab: Tab, fates: ReadonlyMap<Operation, Fate>): Promise<string[]> {
  const heard = (await tab.heard()).map(({ id }) => id);
  return [...fates].flatMap(([{ key }, fate]) => {
    const count = heard.filter((id) => id === key).length;
    const isRight = fate === 'ok' ? count === 1 : count <= (fate.startsWith(unknown) ? 1 : 0);
    return isRight ? [] : [`${key}, ${fate}: heard ${count} times`];
  });
}

/** The answer of a tab; a tab that was frozen needs a moment first. */
async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof PageError) || error.code !== 'DATABASE_LOCKED' || tries === 10) throw error;
    }
  }
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const rest = [...list];
  return list.flatMap(() => rest.splice(random.below(rest.length), 1));
}

function figures(times: readonly number[]): string {
  const sorted = [...times].sort((one, other) => one - other);
  return `${sorted[sorted.length >> 1]} ms, at most ${sorted.at(-1)} ms (${sorted.length})`;
}

describe.each([
  ['chromium', 'indexeddb', 4],
  ['chromium', 'opfs', 3],
  ['firefox', 'indexeddb', 2],
  ['firefox', 'opfs', 2],
] as const)('%s, %s', (name, medium, usual) => {
  const roundCount = rounds(usual);
  test(
    'ten tabs lose no acknowledged change while leaders are closed, killed, stopped and frozen at random',
    async (context) => {
      const missing = missingBrowser(name);
      if (missing !== null) return context.skip(missing);
      const random = new Random();
      // Tabs have a process each, or share one; Firefox lets some of them share one.
      const isShared = name === 'chromium' && random.below(3) === 0;
      console.log(`seed ${random.seed}${isShared ? ', all tabs in one process' : ''}`);
      await using server = await startTabServer();
      await using browser = await openBrowser(name, { flags: isShared ? ['--process-per-site'] : [] });
      const open = (): Promise<Tab> =>
        Tab.open(browser, server.origin, { database: 'random', medium, busy_timeout: 1000 });
      const tabs = new ManyTabs(open, medium, random);
      await tabs.start();
      let ways: Disturbance[] = [];
      for (let round = 0; round < roundCount; round++) {
        if (ways.length === 0) ways = shuffled(disturbancesOf(browser), random);
        await tabs.round(round, ways.pop() as Disturbance);
      }
      await tabs.end();
      console.log(
        `${name}, ${medium}: ${JSON.stringify(tabs.fates)} of ${roundCount * (tabCount * operationCount + 1)}`,
      );
      for (const [how, times] of Object.entries(tabs.handovers)) {
        console.log(`${name}, ${medium}: the next answer after ${how}: ${figures(times)}`);
      }
    },
    timeFor(roundCount, 10_000),
  );
});
