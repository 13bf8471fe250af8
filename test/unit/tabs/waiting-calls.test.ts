/** Each call gets one answer, whatever happens to the leaders that it was sent to. */
import { expect, test } from 'vitest';
import { OutcomeUnknown } from '../../../src/errors/index.ts';
import type { Command } from '../../../src/rpc/contract.ts';
import { WaitingCalls } from '../../../src/tabs/waiting-calls.ts';

const write: Command = { kind: 'deleteVolume', id: 'v' };
const read: Command = { kind: 'getKeyValues', key: null };
const ok = (value: unknown) => ({ ok: true, value }) as const;

test('unsent() lists the calls that no leader has, in the order of the calls', () => {
  const calls = new WaitingCalls();
  for (const command of [write, read, write]) void calls.add(command);
  calls.markSent(2, 1);
  expect(calls.unsent().map(({ id }) => id)).toEqual([1, 3]);
  calls.giveUp(1);
  expect(calls.unsent().map(({ id }) => id)).toEqual([1, 2, 3]);
});

test('settle() ignores the answer of a leader that was given up', async () => {
  const calls = new WaitingCalls();
  const answer = calls.add(read);
  calls.markSent(1, 1);
  calls.giveUp(1);
  calls.markSent(1, 2);
  calls.settle(1, 1, ok('old'));
  calls.settle(1, 2, ok('new'));
  calls.settle(1, 2, ok('twice'));
  expect(await answer).toBe('new');
  expect(calls.size).toBe(0);
});

test.each([
  ['a write that was accepted', write, true, false],
  ['a write that was not', write, false, true],
  ['a read, accepted or not', read, true, true],
])('giveUp() on %s: it is sent again unless it may have run', async (_, command, accepted, again) => {
  const calls = new WaitingCalls();
  const answer = calls.add(command).catch((error: unknown) => error);
  calls.markSent(1, 7);
  if (accepted) calls.markAccepted(1, 7);
  calls.giveUp(7);
  expect(calls.unsent()).toHaveLength(again ? 1 : 0);
  if (!again) expect(await answer).toBeInstanceOf(OutcomeUnknown);
});

test('giveUp() of a frozen leader makes a sent write unknown, since it may still run', async () => {
  const calls = new WaitingCalls();
  const answer = calls.add(write).catch((error: unknown) => error);
  void calls.add(read);
  for (const id of [1, 2]) calls.markSent(id, 7);
  calls.giveUp(7, false);
  expect(await answer).toBeInstanceOf(OutcomeUnknown);
  expect(calls.unsent().map(({ id }) => id)).toEqual([2]);
});

test('allSettled() waits for every answer, or resolves at once without calls', async () => {
  const calls = new WaitingCalls();
  await calls.allSettled();
  const answers = [calls.add(read), calls.add(write)];
  let isSettled = false;
  const settled = calls.allSettled().then(() => {
    isSettled = true;
  });
  calls.markSent(1, 1);
  calls.settle(1, 1, ok(null));
  await answers[0];
  expect(isSettled).toBe(false);
  calls.failUnsent(new Error('enough'));
  await expect(answers[1]).rejects.toThrow('enough');
  await settled;
});
