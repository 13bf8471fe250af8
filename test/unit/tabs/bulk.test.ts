/** Bulks of members: everything else waits for them, so none may stay open after its member is gone. */
import { describe, expect, test } from 'vitest';
import { holdLock } from '../../../src/media/locks/held-lock.ts';
import type { Command, Outcome, SingleWrite } from '../../../src/rpc/contract.ts';
import { OwnChanges } from '../../../src/rpc/durable-changes.ts';
import { aliveLock } from '../../../src/tabs/names.ts';
import { type SendReply, Term } from '../../../src/tabs/term.ts';
import { FakeLocks } from '../../support/fake-locks.ts';
import { TabWorld } from '../../support/tab-world.ts';
import { config, newCore } from '../sql/open-core.ts';
import { creation } from '../sql/writer.ts';

const begin: Command = { kind: 'beginBulk' };
const commit: Command = { kind: 'commitBulk' };
const append = (...ids: string[]): Command => ({ kind: 'appendBulk', commands: ids.map(volume) });
const volume = (id: string): SingleWrite => ({ kind: 'setVolume', change: creation(id) });
const write: Command = { kind: 'setKeyValue', key: 'k', value: 'v' };
const read: Command = { kind: 'getKeyValues', key: null };
const stored: Outcome<unknown> = { ok: true, value: null };
/** The answer to a part of a bulk: the places of commands that changed nothing. */
const allStored: Outcome<unknown> = { ok: true, value: [] };

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

async function openTerm() {
  const { core, engine } = await newCore();
  const locks = new FakeLocks();
  const told: string[] = [];
  const term = new Term({
    epoch: 1,
    id: 'leader',
    core,
    config: { ...config, busy_timeout: 1000 },
    locks: locks.client('leader'),
    isProven: async () => true,
    lost: () => {},
    tell: (origin, changes) => void told.push(...changes.map(({ id }) => `${origin}: ${id}`)),
  });
  await term.opened();
  /** Admits a member, as the leader does on a hello; returns a function that ends its tab. */
  const admit = async (id: string, hear: SendReply = () => {}): Promise<() => void> => {
    await holdLock(locks.client(id), aliveLock(id));
    term.receive(id, { type: 'hello', options: config }, hear, 'channel');
    return () => locks.kill(id);
  };
  const volumes = (): unknown[] => engine.rows('SELECT id FROM volumes ORDER BY id').map(({ id }) => id);
  return { term, told, admit, volumes };
}

test('the parts of a bulk overtake waiting calls, and its changes are reported at the commit', async () => {
  const { term, told, admit, volumes } = await openTerm();
  await admit('one');
  expect(await term.run('one', begin)).toEqual(stored);
  const others = [term.run('two', read), term.run('three', write)];
  expect(await term.run('one', append('a', 'b'))).toEqual(allStored);
  expect(await term.run('one', append('c'))).toEqual(allStored);
  expect(told).toEqual([]);
  expect(await term.run('one', commit)).toEqual(stored);
  expect(await Promise.all(others)).toEqual([{ ok: true, value: [] }, stored]);
  expect(volumes()).toEqual(['a', 'b', 'c']);
  expect(told).toEqual(['one: a', 'one: b', 'one: c', 'three: k']);
});

test('what a bulk stores again is not reported', async () => {
  const { term, told, admit } = await openTerm();
  await admit('one');
  const again = (id: string): SingleWrite => ({
    kind: 'setVolume',
    change: { ...creation(id), whole: true, guarded: true },
  });
  const bulk = async (...commands: SingleWrite[]): Promise<void> => {
    await term.run('one', begin);
    await term.run('one', { kind: 'appendBulk', commands });
    await term.run('one', commit);
  };
  await bulk(again('a'), again('c'));
  await bulk(again('a'), again('b'), again('c'));
  expect(told).toEqual(['one: a', 'one: c', 'one: b']);
});

test('a bulk whose member dies is given up, and waiting calls run', async () => {
  const { term, told, admit, volumes } = await openTerm();
  const kill = await admit('one');
  await term.run('one', begin);
  await term.run('one', append('a'));
  const waiting = term.run('two', write);
  kill();
  expect(await waiting).toEqual(stored);
  expect(volumes()).toEqual([]);
  expect(told).toEqual(['two: k']);
});

test('a bulk that begins after its member has died is given up too', async () => {
  const { term, admit } = await openTerm();
  const kill = await admit('one');
  kill();
  await pause(20);
  await term.run('one', begin);
  expect(await term.run('two', write)).toEqual(stored);
});

test('a bulk of a tab whose end nobody would notice is given up', async () => {
  const { term } = await openTerm();
  expect(await term.run('never admitted', begin)).toEqual(stored);
  expect(await term.run('two', write)).toEqual(stored);
});

test('a leader that steps down gives up the bulk under way', async () => {
  const { term, admit, volumes } = await openTerm();
  await admit('one');
  await term.run('one', begin);
  const waiting = term.run('two', read);
  await term.run('one', append('a'));
  await term.end();
  await waiting;
  // It is sent to the next leader, which knows of no bulk.
  expect(await term.run('one', commit)).toBeNull();
  expect(volumes()).toEqual([]);
});

test('a leader that steps down while a bulk begins waits for no member', async () => {
  const { term, admit } = await openTerm();
  await admit('one');
  const accepted = new Promise<void>((resolve) => void term.run('one', begin, resolve));
  const waiting = term.run('two', read);
  await accepted;
  await term.end();
  expect(await waiting).toEqual({ ok: true, value: [] });
});

test('a member cannot continue the bulk of another', async () => {
  const { term, admit, volumes } = await openTerm();
  await admit('one');
  await term.run('one', begin);
  await term.run('one', append('a'));
  for (const command of [append('b'), commit, { kind: 'rollbackBulk' } as const]) {
    expect(await term.run('two', command)).toMatchObject({ ok: false, error: { name: 'DatabaseError' } });
  }
  expect(await term.run('one', commit)).toEqual(stored);
  expect(volumes()).toEqual(['a']);
});

test('a bulk whose member is frozen is given up only once others wait for it', async () => {
  const { term, admit, volumes } = await openTerm();
  await admit('one');
  await term.run('one', begin);
  await term.run('one', append('a'));
  await pause(1500);
  expect(await term.run('one', append('b'))).toEqual(allStored);
  expect(await term.run('two', write)).toEqual(stored);
  expect(await term.run('one', append('c'))).toMatchObject({ ok: false, error: { name: 'DatabaseError' } });
  expect(await term.run('one', commit)).toMatchObject({ ok: false, error: { name: 'DatabaseError' } });
  expect(volumes()).toEqual([]);
});

test('a bulk whose member is slow but alive is waited for', async () => {
  const { term, admit, volumes } = await openTerm();
  await admit('one', ({ type }) => {
    if (type === 'ask') term.receive('one', { type: 'bulk' }, () => {}, 'channel');
  });
  await term.run('one', begin);
  const waiting = term.run('two', write);
  await pause(2500);
  await term.run('one', append('a'));
  expect(await term.run('one', commit)).toEqual(stored);
  expect(await waiting).toEqual(stored);
  expect(volumes()).toEqual(['a']);
});

test('a bulk of the leading tab itself is waited for', async () => {
  const { term } = await openTerm();
  await term.run('leader', begin);
  const waiting = term.run('two', write);
  await pause(2500);
  expect(await term.run('leader', commit)).toEqual(stored);
  expect(await waiting).toEqual(stored);
});

describe.each([
  ['leading', 0],
  ['following', 1],
] as const)('close() of a %s tab', (_, place) => {
  async function tabs(ports: boolean) {
    const world = new TabWorld();
    const both = [await world.open('one', { ports }), await world.open('two', { ports })] as const;
    return { world, closing: both[place], other: both[(1 - place) as 0 | 1] };
  }
  const pair: SingleWrite = { kind: 'setKeyValue', key: 'of the bulk', value: '1' };
  const closed = { code: 'CONTEXT_CLOSED' };

  test.each([
    ['over ports', true],
    ['over the channel', false],
  ])('ends its bulk, for which its own calls and those of other tabs wait, %s', async (_, ports) => {
    const { world, closing, other } = await tabs(ports);
    await closing.member.call({ kind: 'beginBulk' });
    await closing.member.call({ kind: 'appendBulk', commands: [pair] });
    const calls = [closing.keys(), other.keys(), other.set('of the other', '1')];
    const left = closing.close();
    await expect(closing.member.call({ kind: 'appendBulk', commands: [pair] })).rejects.toMatchObject(closed);
    await expect(closing.member.call({ kind: 'commitBulk' })).rejects.toMatchObject(closed);
    await left;
    await Promise.all(calls);
    expect(world.log).toEqual(['of the other=1']);
    expect(await other.keys()).toEqual(['of the other']);
  });

  test('ends a bulk that is only just beginning', async () => {
    const { world, closing, other } = await tabs(true);
    const beginning = closing.member.call({ kind: 'beginBulk' });
    const calls = [closing.keys(), other.set('of the other', '1')];
    await closing.close();
    await Promise.all([beginning, ...calls]);
    expect(world.log).toEqual(['of the other=1']);
  });

  test('stores a bulk that is being committed', async () => {
    const { world, closing } = await tabs(true);
    await closing.member.call({ kind: 'beginBulk' });
    await closing.member.call({ kind: 'appendBulk', commands: [pair] });
    const calls = [closing.keys(), closing.member.call({ kind: 'commitBulk' })];
    await closing.close();
    expect(await Promise.all(calls)).toEqual([['of the bulk'], null]);
    expect(world.log).toEqual(['of the bulk=1']);
  });
});

test('close() of a tab with a bulk does not wait for a frozen leader', async () => {
  const world = new TabWorld();
  const [one, two] = [await world.open('one', { medium: 'opfs' }), await world.open('two', { medium: 'opfs' })];
  await two.member.call({ kind: 'beginBulk' });
  one.freeze();
  const start = performance.now();
  await two.close();
  expect(performance.now() - start).toBeLessThan(500);
});

test('the changes of a failed bulk are not reported with later ones', () => {
  const heard: string[] = [];
  const changes = new OwnChanges();
  changes.listener = (all) => void heard.push(...all.map(({ id }) => id));
  // Its commit failed: nothing may be reported for it.
  for (const command of [begin, append('lost')]) changes.tellAfter(command, null);
  for (const command of [begin, append('kept'), commit, write]) changes.tellAfter(command, null);
  expect(heard).toEqual(['kept', 'k']);
});
