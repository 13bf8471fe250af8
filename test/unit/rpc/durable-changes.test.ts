/** The changes that commands report: as many as a reader may miss, what was stored, and a listener that fails. */
import { expect, test } from 'vitest';
import type { SingleWrite } from '../../../src/rpc/contract.ts';
import { DurableChanges, OwnChanges } from '../../../src/rpc/durable-changes.ts';

/** More than a function accepts as arguments. */
const huge = 200_000;

const writes = (count: number): SingleWrite[] =>
  Array.from({ length: count }, (_, n) => ({ kind: 'deleteVolume', id: `${n}` }));

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
