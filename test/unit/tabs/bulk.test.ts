/** Bulks of members: everything else waits for them, so none may stay open after its member is gone. */
import { expect, test } from 'vitest';
import type { Command, Outcome, SingleWrite } from '../../../src/rpc/contract.ts';
import { OwnChanges } from '../../../src/rpc/writes.ts';
import { holdLock } from '../../../src/tabs/held-lock.ts';
import { aliveLock } from '../../../src/tabs/names.ts';
import { type Answering, Reign } from '../../../src/tabs/reign.ts';
import { FakeLocks } from '../../support/fake-locks.ts';
import { openCore } from '../sql/open-core.ts';
import { creation } from '../sql/writer.ts';

const options = { soft_deletes: false, sqlite_synchronous: true };
const begin: Command = { kind: 'beginBulk' };
const commit: Command = { kind: 'commitBulk' };
const append = (...ids: string[]): Command => ({ kind: 'appendBulk', commands: ids.map(volume) });
const volume = (id: string): SingleWrite => ({ kind: 'setVolume', change: creation(id) });
const write: Command = { kind: 'setKeyValue', key: 'k', value: 'v' };
const read: Command = { kind: 'getKeyValues', key: null };
const stored: Outcome<unknown> = { ok: true, value: null };

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

async function openReign() {
  const { core, engine, opened } = await openCore();
  const locks = new FakeLocks();
  const told: string[] = [];
  const reign = new Reign({
    epoch: 1,
    core,
    opened,
    options,
    locks: locks.client('leader'),
    isProven: async () => true,
    lost: () => {},
    patience: 1000,
    tell: (origin, changes) => void told.push(...changes.map(({ id }) => `${origin}: ${id}`)),
  });
  /** Admits a member, as the leader does on a hello; returns a function that ends its tab. */
  const admit = async (id: string, hear: Answering = () => {}): Promise<() => void> => {
    await holdLock(locks.client(id), aliveLock(id));
    reign.receive(id, { type: 'hello', options }, hear, 'channel');
    return () => locks.kill(id);
  };
  const volumes = (): unknown[] => engine.rows('SELECT id FROM volumes ORDER BY id').map(({ id }) => id);
  return { reign, told, admit, volumes };
}

test('the parts of a bulk overtake waiting calls, and its changes are reported at the commit', async () => {
  const { reign, told, volumes } = await openReign();
  expect(await reign.run('one', begin)).toEqual(stored);
  const others = [reign.run('two', read), reign.run('three', write)];
  expect(await reign.run('one', append('a', 'b'))).toEqual(stored);
  expect(await reign.run('one', append('c'))).toEqual(stored);
  expect(told).toEqual([]);
  expect(await reign.run('one', commit)).toEqual(stored);
  expect(await Promise.all(others)).toEqual([{ ok: true, value: [] }, stored]);
  expect(volumes()).toEqual(['a', 'b', 'c']);
  expect(told).toEqual(['one: a', 'one: b', 'one: c', 'three: k']);
});

test('a bulk whose member dies is given up, and waiting calls run', async () => {
  const { reign, told, admit, volumes } = await openReign();
  const kill = await admit('one');
  await reign.run('one', begin);
  await reign.run('one', append('a'));
  const waiting = reign.run('two', write);
  kill();
  expect(await waiting).toEqual(stored);
  expect(volumes()).toEqual([]);
  expect(told).toEqual(['two: k']);
});

test('a bulk that begins after its member has died is given up too', async () => {
  const { reign, admit } = await openReign();
  const kill = await admit('one');
  kill();
  await pause(20);
  await reign.run('one', begin);
  expect(await reign.run('two', write)).toEqual(stored);
});

test('a leader that steps down gives up the bulk under way', async () => {
  const { reign, volumes } = await openReign();
  await reign.run('one', begin);
  const waiting = reign.run('two', read);
  await reign.run('one', append('a'));
  await reign.end();
  await waiting;
  // It is sent to the next leader, which knows of no bulk.
  expect(await reign.run('one', commit)).toBeNull();
  expect(volumes()).toEqual([]);
});

test('a leader that steps down while a bulk begins waits for no member', async () => {
  const { reign } = await openReign();
  const accepted = new Promise<void>((resolve) => void reign.run('one', begin, resolve));
  const waiting = reign.run('two', read);
  await accepted;
  await reign.end();
  expect(await waiting).toEqual({ ok: true, value: [] });
});

test('a member cannot continue the bulk of another', async () => {
  const { reign, volumes } = await openReign();
  await reign.run('one', begin);
  await reign.run('one', append('a'));
  for (const command of [append('b'), commit, { kind: 'rollbackBulk' } as const]) {
    expect(await reign.run('two', command)).toMatchObject({ ok: false, error: { name: 'DatabaseError' } });
  }
  expect(await reign.run('one', commit)).toEqual(stored);
  expect(volumes()).toEqual(['a']);
});

test('a bulk whose member is frozen is given up only once others wait for it', async () => {
  const { reign, admit, volumes } = await openReign();
  await admit('one');
  await reign.run('one', begin);
  await reign.run('one', append('a'));
  await pause(1500);
  expect(await reign.run('one', append('b'))).toEqual(stored);
  expect(await reign.run('two', write)).toEqual(stored);
  expect(await reign.run('one', append('c'))).toMatchObject({ ok: false, error: { name: 'DatabaseError' } });
  expect(await reign.run('one', commit)).toMatchObject({ ok: false, error: { name: 'DatabaseError' } });
  expect(volumes()).toEqual([]);
});

test('a bulk whose member is slow but alive is waited for', async () => {
  const { reign, admit, volumes } = await openReign();
  await admit('one', ({ type }) => {
    if (type === 'ask') reign.receive('one', { type: 'bulk' }, () => {}, 'channel');
  });
  await reign.run('one', begin);
  const waiting = reign.run('two', write);
  await pause(2500);
  await reign.run('one', append('a'));
  expect(await reign.run('one', commit)).toEqual(stored);
  expect(await waiting).toEqual(stored);
  expect(volumes()).toEqual(['a']);
});

test('a bulk of the leading tab itself is waited for', async () => {
  const { reign } = await openReign();
  await reign.run('leader', begin);
  const waiting = reign.run('two', write);
  await pause(2500);
  expect(await reign.run('leader', commit)).toEqual(stored);
  expect(await waiting).toEqual(stored);
});

test('the changes of a failed bulk are not reported with later ones', () => {
  const heard: string[] = [];
  const changes = new OwnChanges();
  changes.listener = (all) => void heard.push(...all.map(({ id }) => id));
  // Its commit failed: nothing may be reported for it.
  for (const command of [begin, append('lost')]) changes.tellAfter(command);
  for (const command of [begin, append('kept'), commit, write]) changes.tellAfter(command);
  expect(heard).toEqual(['kept', 'k']);
});
