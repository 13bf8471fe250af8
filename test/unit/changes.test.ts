/** Reporting changes: more of them at once than a reader accepts, and a listener that fails. */
import { expect, test } from 'vitest';
import { ChangeFeed } from '../../src/persistence/change-feed.ts';
import type { SingleWrite } from '../../src/rpc/contract.ts';
import { DurableChanges, OwnChanges } from '../../src/rpc/durable-changes.ts';

/** More than a function accepts as arguments. */
const huge = 200_000;

const changes = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ kind: 'volume', id: `${n}`, action: 'set', here: true }) as const);
const writes = (count: number): SingleWrite[] =>
  Array.from({ length: count }, (_, n) => ({ kind: 'deleteVolume', id: `${n}` }));

test('a batch that is too big for a reader ends it with ChangesMissed', async () => {
  const feed = new ChangeFeed();
  const [before, reader] = [feed.read(), feed.read()];
  const pull = before.next();
  feed.tell(changes(huge));
  await expect(reader.next()).rejects.toMatchObject({ name: 'ChangesMissed' });
  await expect(pull).rejects.toMatchObject({ name: 'ChangesMissed' });
  expect(await reader.next()).toEqual({ done: true, value: undefined });
});

test('up to 10,000 changes wait for a reader, and one more ends it with ChangesMissed', async () => {
  const feed = new ChangeFeed();
  const reader = feed.read();
  feed.tell(changes(9_999));
  feed.tell(changes(1));
  const first = await reader.next();
  expect(first.value?.id).toBe('0');
  feed.tell(changes(1));
  feed.tell(changes(1));
  await expect(reader.next()).rejects.toMatchObject({ name: 'ChangesMissed' });
});

test('batches and bulks report no more changes than it takes to make a reader miss them', () => {
  const durable = new DurableChanges();
  expect(durable.after({ kind: 'batch', commands: writes(huge) }, []).length).toBe(10_001);
  durable.after({ kind: 'beginBulk' }, null);
  for (let part = 0; part < 2; part++) durable.after({ kind: 'appendBulk', commands: writes(huge) }, []);
  expect(durable.after({ kind: 'commitBulk' }, null).length).toBe(10_001);
});

test('a bulk reports what its core stored, and everything if a core of an older version does not tell', () => {
  const durable = new DurableChanges();
  const reported = (answer: unknown): string[] => {
    durable.after({ kind: 'beginBulk' }, null);
    durable.after({ kind: 'appendBulk', commands: writes(3) }, answer);
    return durable.after({ kind: 'commitBulk' }, null).map(({ id }) => id);
  };
  expect([[], [0, 2], [0, 1, 2], null].map(reported)).toEqual([['0', '1', '2'], ['1'], [], ['0', '1', '2']]);
  // Those that changed nothing do not take the place of those that did.
  const idle = Array.from({ length: huge - 1 }, (_, place) => place);
  durable.after({ kind: 'beginBulk' }, null);
  durable.after({ kind: 'appendBulk', commands: writes(huge) }, idle);
  expect(durable.after({ kind: 'commitBulk' }, null)).toHaveLength(1);
});

test('a listener that throws does not fail a change that is stored', () => {
  const own = new OwnChanges();
  own.listener = () => {
    throw new Error('no time');
  };
  expect(() => own.tellAfter({ kind: 'deleteVolume', id: 'v' }, null)).not.toThrow();
});
