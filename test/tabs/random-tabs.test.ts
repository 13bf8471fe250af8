/**
 * Ten tabs write to one database while leaders are closed, killed and frozen at random: every call is answered once
 * or its outcome is unknown, and what is stored in the end is what a model says.
 *
 * `CINDERLIB_ROUNDS=n` asks for n rounds of a hundred operations; `CINDERLIB_SEED` replays.
 */
import { describe, expect, test } from 'vitest';
import { type Browser, missingBrowser, openBrowser, PageError } from '../support/browsers/browser.ts';
import { Random } from '../support/random.ts';
import { rounds, timeFor } from '../support/rounds.ts';
import { startTabServer, Tab } from '../support/tab.ts';

declare const lib: typeof import('cinderlib-wasm');
declare const cl: Awaited<ReturnType<typeof lib.setup>>;

const tabCount = 10;
const roundCount = rounds(5);
/** Of one tab in one round; each is on a key of its own, all at once. */
const operationCount = 10;

interface Operation {
  readonly key: string;
  /** Null deletes. */
  readonly value: string | null;
}
interface Answered {
  readonly outcomes: readonly ('ok' | 'unknown' | string)[];
  /** How long the slowest took, in milliseconds. */
  readonly slowest: number;
}

/** What a key may hold: one value when all of its calls were answered. Only one tab at a time writes to it. */
class Model {
  readonly #states = new Map<string, Set<string | null>>();
  uncertain = 0;

  apply({ key, value }: Operation, outcome: string): void {
    if (outcome === 'ok') this.#states.set(key, new Set([value]));
    else {
      this.uncertain += 1;
      this.#states.set(key, new Set([...(this.#states.get(key) ?? [null]), value]));
    }
  }

  /** What is stored that should not be, or the other way round; what is there is certain from now on. */
  problems(stored: Readonly<Record<string, string | null>>): string[] {
    const problems = Object.keys(stored).filter((key) => !this.#states.has(key));
    for (const [key, states] of this.#states) {
      const value = stored[key] ?? null;
      if (!states.has(value)) problems.push(`${key} is ${value}, not ${[...states].join(' or ')}`);
      this.#states.set(key, new Set([value]));
    }
    return problems;
  }
}

/** Runs operations in a tab; those of a tab that does not live to tell are unknown. */
async function run(tab: Tab, operations: readonly Operation[]): Promise<Answered> {
  const work = tab.page.evaluate(async (operations): Promise<Answered> => {
    const start = performance.now();
    const outcomes = await Promise.all(
      operations.map(async ({ key, value }) => {
        const call =
          value === null
            ? cl.persistence.deleteKeyValue(key)
            : cl.persistence.setKeyValue(new lib.KeyValue(key, value));
        return call.then(
          () => 'ok',
          ({ code, message }) => (code === 'OUTCOME_UNKNOWN' ? 'unknown' : `${code}: ${message}`),
        );
      }),
    );
    return { outcomes, slowest: performance.now() - start };
  }, operations);
  try {
    return await work;
  } catch (error) {
    if (error instanceof PageError) throw error;
    return { outcomes: operations.map(() => 'unknown'), slowest: 0 };
  }
}

/** Does something to a tab. Resolves when the tab may be used again, with a new one where it is gone. */
async function disturb(tab: Tab, how: string, again: () => Promise<Tab>): Promise<Tab> {
  switch (how) {
    case 'close':
      await tab.page.close();
      return again();
    case 'crash':
      await tab.page.crash?.();
      await tab.page.close().catch(() => {});
      return again();
    case 'kill the worker':
      await tab.killWorker();
      await new Promise((done) => setTimeout(done, 100));
      await tab.page.close();
      return again();
    case 'freeze':
      await tab.page.freeze?.(true);
      await new Promise((done) => setTimeout(done, 2500));
      await tab.page.freeze?.(false);
      return tab;
    default:
      await tab.hang(2500);
      return tab;
  }
}

async function manyTabs(browser: Browser, origin: string, random: Random): Promise<void> {
  const open = (): Promise<Tab> => Tab.open(browser, origin, { database: 'random', busy_timeout: 1000 });
  const tabs = await Promise.all(Array.from({ length: tabCount }, open));
  const ways = ['close', 'kill the worker', 'hang', ...(browser.name === 'chromium' ? ['crash', 'freeze'] : [])];
  const model = new Model();
  const done: Record<string, number> = {};
  const slowest: Record<string, number> = {};
  let leader = 0;
  for (let round = 0; round < roundCount; round++) {
    const planned = tabs.map((_, place) =>
      Array.from({ length: operationCount }, (_, n): Operation => {
        const value = random.below(5) === 0 ? null : `${round}-${random.text(6)}`;
        return { key: `tab ${place} key ${n}`, value };
      }),
    );
    const how = ways[round % ways.length] ?? 'close';
    // Mostly the leader, for that is what hurts.
    const victim = random.below(4) === 0 ? random.below(tabCount) : leader;
    const disturbed = new Promise((start) => setTimeout(start, random.below(30))).then(() =>
      disturb(tabs[victim] as Tab, how, open),
    );
    const running = Promise.all(tabs.map((tab, place) => run(tab, planned[place] ?? [])));
    const [answers, after] = await Promise.all([running, disturbed]);
    tabs[victim] = after;
    // Those who were not disturbed themselves waited for the next leader.
    const others = answers.filter((_, place) => place !== victim && victim === leader);
    slowest[how] = Math.round(Math.max(slowest[how] ?? 0, ...others.map((answer) => answer.slowest)));
    for (const [place, { outcomes }] of answers.entries()) {
      for (const [n, outcome] of outcomes.entries()) {
        const operation = planned[place]?.[n];
        if (operation !== undefined) model.apply(operation, outcome);
        // A tab whose worker was ended says so of its own calls.
        const isExpected = ['ok', 'unknown'].includes(outcome) || (place === victim && how === 'kill the worker');
        expect(isExpected ? 'ok or unknown' : outcome, `round ${round}, ${how}`).toBe('ok or unknown');
        done[outcome] = (done[outcome] ?? 0) + 1;
      }
    }
    const reader = tabs[random.below(tabCount)] as Tab;
    expect(model.problems(await reader.pairs()), `round ${round}, after ${how}`).toEqual([]);
    const leading = await Promise.all(tabs.map((tab) => tab.isLeader()));
    expect(leading.filter(Boolean), `round ${round}, after ${how}`).toHaveLength(1);
    leader = leading.indexOf(true);
  }
  console.log(`${browser.name}: slowest calls when the leader was disturbed, in ms: ${JSON.stringify(slowest)}`);
  console.log(`${browser.name}: ${JSON.stringify(done)}, of ${roundCount * tabCount * operationCount}`);
}

describe.each(['chromium', 'firefox'] as const)('%s', (name) => {
  test(
    'ten tabs, leaders closed, killed and frozen at random',
    async (context) => {
      const missing = missingBrowser(name);
      if (missing !== null) return context.skip(missing);
      const random = new Random();
      console.log(`seed ${random.seed}`);
      await using server = await startTabServer();
      await using browser = await openBrowser(name);
      await manyTabs(browser, server.origin, random);
    },
    timeFor(roundCount, 10_000),
  );
});
