/** A system clock that is set forwards or back while tabs share a database: nobody takes a living leader for a dead one. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Leadership } from '../../../src/tabs/leadership.ts';
import { FakeLocks } from '../../support/fake-locks.ts';
import { TabWorld } from '../../support/tab-world.ts';

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

test.each(['indexeddb', 'opfs'] as const)(
  'a page that led before the clock was set back gets along with one that leads since, on %s',
  async (medium) => {
    const world = new TabWorld();
    const one = await world.open('one', { medium });
    await one.set('a', '1');
    one.member.setAway(true);
    await expect.poll(() => world.locks.holder(`cinderlib-wasm:${medium}:x`)).toBeUndefined();
    shift = -year;
    const [two, three] = [await world.open('two', { medium }), await world.open('three', { medium })];
    await two.set('b', '2');
    one.member.setAway(false);
    const [, own, others] = await Promise.all([one.set('c', '3'), two.set('d', '4'), three.set('e', '5')]);
    expect([own, others]).toEqual([null, null]);
    for (const tab of [one, two, three]) expect(await tab.keys()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(world.log.length).toBe(5);
  },
);

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
