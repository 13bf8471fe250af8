/** A system clock that is set forwards or back while tabs share a database: nobody takes a living leader for a dead one. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Leadership } from '../../../src/tabs/leadership.ts';
import { FakeLocks } from '../../support/fake-locks.ts';
import { type FakeTab, TabWorld } from '../../support/tab-world.ts';

const year = 365 * 86_400_000;
const now = Date.now;
let shift = 0;
beforeEach(() => {
  shift = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + shift);
});
afterEach(() => void vi.restoreAllMocks());

test.each([
  ['forwards', year],
  ['back', -year],
])('a clock that is set %s deposes nobody', async (_, by) => {
  const world = new TabWorld();
  const [one, two] = [await world.open('one'), await world.open('two')];
  await two.set('before', '1');
  shift = by;
  await Promise.all([one.set('a', '1'), two.set('b', '2')]);
  const three = await world.open('three');
  await three.set('c', '3');
  expect(await one.isLeader()).toBe(true);
  expect(world.opener).toBe(1);
  one.kill();
  await expect.poll(() => world.opener).toBe(2);
  await Promise.all([two.set('d', '4'), three.set('e', '5')]);
  expect(await three.keys()).toEqual(['a', 'b', 'before', 'c', 'd', 'e']);
  expect(world.opener).toBe(2);
});

describe.each(['indexeddb', 'opfs'] as const)('a page that led before the clock was set back, on %s', (medium) => {
  async function comeBackTo(names: readonly string[]): Promise<[TabWorld, FakeTab, FakeTab[]]> {
    const world = new TabWorld();
    const one = await world.open('one', { medium });
    await one.set('a', '1');
    one.member.setAway(true);
    await expect.poll(() => world.locks.holder(`cinderlib-wasm:${medium}:x`)).toBeUndefined();
    shift = -year;
    const others: FakeTab[] = [];
    for (const name of names) others.push(await world.open(name, { medium }));
    await Promise.all(others.map((tab) => tab.set(tab.name, '1')));
    one.member.setAway(false);
    return [world, one, others];
  }

  test.each([[['two']], [['two', 'three', 'four']], [['two', 'three', 'four', 'five', 'six']]])(
    'costs one change of leaders and no call, whoever is next: %j',
    async (names) => {
      const [world, one, others] = await comeBackTo(names);
      await Promise.all([one, ...others].map((tab) => tab.set(`${tab.name} again`, '2')));
      // The page's own, that of its successor, and the one that makes up for the clock.
      expect(world.opener).toBe(3);
      expect(world.log.length).toBe(2 + 2 * names.length);
      for (const tab of [one, ...others]) expect(await tab.keys()).toHaveLength(world.log.length);
    },
  );

  test('puts no slow write in doubt, and is not told that nobody leads', { timeout: 20_000 }, async () => {
    const [world, one, [two, three]] = await comeBackTo(['two', 'three']);
    // Longer than any of them waits for a silent leader.
    world.beforeRun = async (_, command) => {
      if (command.kind === 'setKeyValue' && command.key === 'slow') await new Promise((done) => setTimeout(done, 2500));
    };
    const slow = three?.set('slow', '1');
    // More than one asks while the leader steps down.
    const calls = await Promise.allSettled([slow, one.set('own', '1'), two?.set('late', '1')]);
    expect(calls.map(({ status }) => status)).toEqual(Array(3).fill('fulfilled'));
    expect(world.log.filter((line) => line === 'slow=1')).toHaveLength(1);
    expect(world.opener).toBe(3);
  });
});

test('a proof of leadership does not last longer if the clock is set back', async () => {
  const locks = new FakeLocks();
  const won = vi.fn();
  // Frozen: it does not hear that its lock is stolen.
  const one = new Leadership(
    locks.client('one', () => {}),
    'lock',
    { won, stolen() {} },
  );
  one.queue();
  await expect.poll(() => won.mock.calls.length).toBe(1);
  expect(await one.isProven()).toBe(true);
  const other = new Leadership(locks.client('other'), 'lock', { won() {}, stolen() {} });
  other.steal();
  await new Promise((done) => setTimeout(done, 600));
  shift = -600;
  expect(await one.isProven()).toBe(false);
});
