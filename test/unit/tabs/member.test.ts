/** Members of a shared database: the outcome of each call at moments that cannot be provoked in a browser. */
import { describe, expect, test } from 'vitest';
import { DatabaseExists, DatabaseLocked, OutcomeUnknown } from '../../../src/errors/index.ts';
import { holdLock } from '../../../src/media/locks/held-lock.ts';
import { lockName } from '../../../src/media/locks/web-lock.ts';
import { wireVersion } from '../../../src/rpc/wire-version.ts';
import { aliveLock } from '../../../src/tabs/names.ts';
import { type FakeTab, TabWorld } from '../../support/tab-world.ts';

const forever = (): Promise<void> => new Promise(() => {});
const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

async function three(ports: boolean): Promise<[TabWorld, FakeTab, FakeTab, FakeTab]> {
  const world = new TabWorld();
  return [
    world,
    await world.open('one', { ports }),
    await world.open('two', { ports }),
    await world.open('three', { ports }),
  ];
}

describe.each([
  ['over ports', true],
  ['over the channel', false],
])('members %s', (_, ports) => {
  test('share one core', async () => {
    const [world, one, two, tab3] = await three(ports);
    await Promise.all([one.set('a', '1'), two.set('b', '2'), tab3.set('c', '3')]);
    expect(await tab3.keys()).toEqual(['a', 'b', 'c']);
    expect(world.opener).toBe(1);
    const before = world.channelCalls;
    await Promise.all([two.set('d', '4'), tab3.keys()]);
    expect(world.channelCalls - before).toBe(ports ? 0 : 2);
    expect([await one.isLeader(), await two.isLeader(), await tab3.isLeader()]).toEqual([true, false, false]);
  });

  test('answer with the version of their own script, not with that of the leader', async () => {
    const world = new TabWorld();
    world.coreVersion = undefined;
    await world.open('one', { ports });
    expect((await world.open('two', { ports })).version).toBe(wireVersion);
  });

  test('run the calls of each member in order', async () => {
    const [world, , two] = await three(ports);
    await Promise.all(Array.from({ length: 50 }, (_, n) => two.set('k', String(n))));
    expect(world.log).toEqual(Array.from({ length: 50 }, (_, n) => `k=${n}`));
  });

  test('get OutcomeUnknown for an accepted write if the leader dies, and repeat all other calls on the next leader', async () => {
    const [world, one, two, tab3] = await three(ports);
    world.beforeRun = (tab) => (tab === one ? forever() : Promise.resolve());
    const accepted = two.set('accepted', '1');
    await pause(20);
    const read = two.keys();
    const waiting = two.set('not accepted', '2');
    const others = tab3.set('of another', '3');
    await pause(20);
    one.kill();
    await expect(accepted).rejects.toBeInstanceOf(OutcomeUnknown);
    await Promise.all([waiting, others]);
    expect(await read).toEqual([]);
    expect(world.log.sort()).toEqual(['not accepted=2', 'of another=3']);
    expect(await two.isLeader()).toBe(true);
  });

  test('have each call answered exactly once if the leader closes, by it or by the next', async () => {
    const [world, one, two, tab3] = await three(ports);
    const calls = [two, tab3].flatMap((tab) => Array.from({ length: 20 }, (_, n) => tab.set(`${tab.name} ${n}`, 'v')));
    const closing = one.close();
    const more = [two, tab3].map((tab) => tab.set(`${tab.name} more`, 'v'));
    await Promise.all([...calls, closing, ...more]);
    expect(world.log.length).toBe(42);
    expect(new Set(world.log).size).toBe(42);
  });

  test('replace a frozen leader, whose own calls go to the new one', async () => {
    const [world, one, two, tab3] = await three(ports);
    one.freeze();
    const own = one.set('own', '1');
    // A message port of Node cannot be frozen: calls that come over it are held up where the leader would run them.
    await Promise.all([two.set('two', '2'), tab3.set('three', '3')].map((call) => call.catch(() => {})));
    expect(world.stored.has('own')).toBe(false);
    one.thaw();
    await own;
    expect((await one.keys()).includes('own')).toBe(true);
    expect(await one.isLeader()).toBe(false);
    expect(world.log.filter((line) => line === 'own=1')).toHaveLength(1);
  });

  test('are all told of each change, in the order of the log', async () => {
    const [world, one, two, tab3] = await three(ports);
    await Promise.all([one, two, tab3].map((tab) => tab.set(tab.name, 'v')));
    await pause(20);
    const order = world.log.map((line) => line.split('=')[0]);
    for (const tab of [one, two, tab3]) {
      expect(tab.heard.map(({ id }) => id)).toEqual(order);
      expect(tab.heard.filter(({ here }) => here).map(({ id }) => id)).toEqual([tab.name]);
    }
  });
});

test('a leader that was frozen and replaced answers nothing from stale memory', async () => {
  const world = new TabWorld();
  const [one, two] = [await world.open('one'), await world.open('two')];
  await one.set('before', '1');
  one.freeze();
  await two.set('meanwhile', '2');
  const read = one.keys();
  one.thaw();
  expect(await read).toEqual(['before', 'meanwhile']);
});

test('calls that waited for a dead leader run before later ones', async () => {
  const world = new TabWorld();
  const [one, , three] = [await world.open('one'), await world.open('two'), await world.open('three')];
  world.beforeRun = (tab) => (tab === one ? forever() : Promise.resolve());
  const read = one.keys();
  await pause(20);
  const first = three.set('k', '1');
  await pause(20);
  one.kill();
  await pause(20);
  await Promise.all([first, three.set('k', '2')]);
  expect(world.log).toEqual(['k=1', 'k=2']);
  read.catch(() => {});
});

test('the last answers of a dead leader count, even if its end is known before they arrive', async () => {
  const world = new TabWorld();
  const [one, two] = [await world.open('one'), await world.open('two')];
  world.delay = 20;
  const call = two.set('k', 'v');
  await expect.poll(() => world.log, { interval: 1 }).toEqual(['k=v']);
  setImmediate(() => one.kill());
  await call;
  await two.set('l', 'w');
  expect(world.log).toEqual(['k=v', 'l=w']);
});

test('a leader that hangs while it opens the database is replaced', async () => {
  const world = new TabWorld();
  const one = await world.open('one');
  const [two, tab3] = [await world.open('two'), await world.open('three')];
  two.freeze();
  one.kill();
  await tab3.set('k', 'v');
  expect(await tab3.isLeader()).toBe(true);
});

test('a tab whose locks were cleared is told, and does not depose who leads with others', async () => {
  const world = new TabWorld();
  const [one, two] = [await world.open('one'), await world.open('two')];
  world.clearLocks();
  // Leaderships are numbered by the clock, since there is nothing else that these tabs share.
  await pause(20);
  const three = await world.open('three');
  // Before they find each other dead by their locks, the tabs may serve each other.
  await expect.poll(() => three.isLeader()).toBe(true);
  for (const tab of [one, two]) {
    const outcome = (): Promise<unknown> => tab.set('lost', 'v').catch((error: unknown) => error);
    await expect.poll(outcome).toMatchObject({ name: 'DatabaseChanged' });
  }
  const { opener } = world;
  // It is next in the queue for the lock that means nothing any more.
  await one.close();
  await pause(100);
  expect(world.opener).toBe(opener);
  await three.set('k', 'v');
  expect(await three.isLeader()).toBe(true);
  await two.close();
});

test('the last words of a dead leader, however late, cut nobody off', async () => {
  const world = new TabWorld();
  let words: { readonly type?: string } = {};
  const ear = {
    tab: { deliver: (task: () => void): void => task() },
    onmessage: ({ data }: { readonly data: { readonly type?: string } }): void => {
      if (data.type === 'leader') words = data;
    },
  };
  // Only what the world uses of a channel.
  world.join(ear as never);
  const one = await world.open('one');
  // Frozen before it could announce itself.
  void holdLock(world.locks.client('next'), lockName('indexeddb', 'x'));
  const two = await world.open('two');
  one.kill();
  await pause(100);
  expect(words).toMatchObject({ type: 'leader', id: 'one' });
  world.send(ear as never, words);
  await two.set('k', 'v');
  expect(await two.isLeader()).toBe(true);
});

test('a tab that opens the database after it was replaced is replaced in turn', async () => {
  const world = new TabWorld();
  const one = await world.open('one');
  world.opener += 1;
  await one.set('k', 'v');
  expect(world.log).toEqual(['k=v']);
  expect(await one.isLeader()).toBe(true);
  expect(world.opener).toBe(3);
});

test('a failed opening is an error of the tab that tried, and the next tab tries again', async () => {
  const world = new TabWorld();
  world.beforeOpen = async (tab) => {
    if (tab.name === 'one') throw new DatabaseLocked('not today');
  };
  const one = world.tab('one');
  const [first, second] = await Promise.allSettled([one.open(), world.open('two')]);
  expect(first).toMatchObject({ status: 'rejected', reason: { message: 'not today' } });
  expect(second.status).toBe('fulfilled');
  world.beforeOpen = async () => {};
  await one.open();
  expect(await one.isLeader()).toBe(false);
});

test('if the database cannot be reopened, waiting calls fail, and the next call tries again', async () => {
  const world = new TabWorld();
  const [one, two] = [await world.open('one'), await world.open('two')];
  world.beforeOpen = async () => {
    throw new DatabaseLocked('not yet');
  };
  one.kill();
  const call = two.set('k', 'v');
  await expect(call).rejects.toMatchObject({ message: 'not yet' });
  world.beforeOpen = async () => {};
  await two.set('k', 'w');
  expect(world.log).toEqual(['k=w']);
});

test('an opening that never ends fails the calls that wait for it', async () => {
  const world = new TabWorld();
  const one = await world.open('one');
  const [two, tab3] = [await world.open('two'), await world.open('three')];
  world.beforeOpen = forever;
  one.kill();
  const calls = [two.set('k', 'v'), tab3.set('l', 'w')].map((call) => call.catch((error: unknown) => error));
  for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(DatabaseLocked);
  expect(world.log).toEqual([]);
});

test('while a frozen leader holds files on OPFS, calls fail as locked and are not run', async () => {
  const world = new TabWorld();
  const [one, two] = [await world.open('one', { medium: 'opfs' }), await world.open('two', { medium: 'opfs' })];
  await two.set('before', '1');
  await pause(1100);
  one.freeze();
  await expect(two.set('meanwhile', '2')).rejects.toBeInstanceOf(DatabaseLocked);
  one.thaw();
  await two.set('after', '3');
  expect(world.log).toEqual(['before=1', 'after=3']);
});

test('a write sent to a leader on OPFS just before it froze is unknown, since it runs when the leader thaws', async () => {
  const world = new TabWorld();
  const [one, two] = [await world.open('one', { medium: 'opfs' }), await world.open('two', { medium: 'opfs' })];
  await two.set('before', '1');
  one.freeze();
  const read = two.keys();
  await expect(two.set('meanwhile', '2')).rejects.toBeInstanceOf(OutcomeUnknown);
  await expect(read).rejects.toBeInstanceOf(DatabaseLocked);
  one.thaw();
  expect(await two.keys()).toEqual(['before', 'meanwhile']);
});

test('the option from is refused if another tab has the database open', async () => {
  const world = new TabWorld();
  await world.open('one');
  await expect(world.open('two', { from: new Uint8Array(1) })).rejects.toBeInstanceOf(DatabaseExists);
});

test('a tab with different options is refused, and does not become a member', async () => {
  const world = new TabWorld();
  const one = await world.open('one');
  await expect(world.open('two', { soft_deletes: true })).rejects.toThrow(/soft_deletes: false, and here/);
  await one.close();
  const three = await world.open('three', { soft_deletes: true });
  expect(await three.isLeader()).toBe(true);
});

test('a page in the back-forward cache stops leading, and follows when it comes back', async () => {
  const world = new TabWorld();
  const [one, two] = [await world.open('one'), await world.open('two')];
  one.member.setAway(true);
  await two.set('k', 'v');
  expect(await two.isLeader()).toBe(true);
  one.member.setAway(false);
  expect(await one.keys()).toEqual(['k']);
  expect(await one.isLeader()).toBe(false);
  await two.close();
  await one.set('l', 'w');
  expect(await one.isLeader()).toBe(true);
});

test('if a tab leaves while it opens the database, others wait until it has closed it again', async () => {
  const world = new TabWorld();
  const [one, two] = [await world.open('one', { medium: 'opfs' }), await world.open('two', { medium: 'opfs' })];
  let open = (): void => {};
  const openings: string[] = [];
  world.beforeOpen = async ({ name }) => {
    openings.push(name);
    if (name !== 'two') return;
    await new Promise<void>((resolve) => {
      open = resolve;
    });
  };
  await one.close();
  await expect.poll(() => openings).toEqual(['two']);
  const leaving = two.close();
  const three = world.open('three', { medium: 'opfs' });
  await pause(300);
  expect(openings).toEqual(['two']);
  open();
  await leaving;
  await three;
  expect(openings).toEqual(['two', 'three']);
});

test('a tab can leave while its opening hangs', async () => {
  const world = new TabWorld();
  const [one, two] = [await world.open('one'), await world.open('two')];
  world.beforeOpen = ({ name }) => (name === 'two' ? forever() : Promise.resolve());
  await one.close();
  await pause(100);
  await two.close();
  const three = await world.open('three');
  expect(await three.isLeader()).toBe(true);
});

test('a page that comes back before it has stepped down leads again', async () => {
  const world = new TabWorld();
  const one = await world.open('one', { medium: 'opfs' });
  one.member.setAway(true);
  one.member.setAway(false);
  await one.set('k', 'v');
  expect(await one.isLeader()).toBe(true);
  expect(world.opener).toBe(2);
});

test('close() waits for the answers to earlier calls', async () => {
  const world = new TabWorld();
  const [, two] = [await world.open('one'), await world.open('two')];
  const call = two.set('k', 'v');
  await two.close();
  await call;
  expect(world.log).toEqual(['k=v']);
  await expect(two.set('l', 'w')).rejects.toMatchObject({ code: 'CONTEXT_CLOSED' });
});

test('a write that is stored succeeds, even if telling of it fails', async () => {
  const world = new TabWorld();
  const [one, two] = [await world.open('one'), await world.open('two')];
  one.member.onChanges(() => {
    throw new Error('The page is gone.');
  });
  await Promise.all([one.set('k', '1'), two.set('l', '2')]);
  expect(world.log).toEqual(['k=1', 'l=2']);
});

test('the lock of a tab outlives its answers, which its release could overtake', async () => {
  const world = new TabWorld();
  const [one, two] = [await world.open('one'), await world.open('two')];
  for (const tab of [two, one]) {
    const holder = (): string | undefined => world.locks.holder(aliveLock(tab.name));
    await Promise.all([tab.set('k', 'v'), tab.close()]);
    await pause(10);
    expect(holder()).toBe(tab.name);
    await expect.poll(holder).toBeUndefined();
  }
});
