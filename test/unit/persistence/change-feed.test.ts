/** A feed of changes: when a reader ends, and what happens to one that is too slow. */
import { describe, expect, test } from 'vitest';
import { ChangeFeed } from '../../../src/persistence/change-feed.ts';
import type { Change } from '../../../src/rpc/contract.ts';

/** More than a function accepts as arguments. */
const huge = 200_000;

const changes = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ kind: 'volume', id: `${n}`, action: 'set', here: true }) as const);

/** Collects the changes until the feed ends. */
async function collect(changes: AsyncIterable<Change>): Promise<string[]> {
  const told: string[] = [];
  for await (const { kind, id, action } of changes) told.push(`${action} ${kind} ${id}`);
  return told;
}

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

describe('a reader of changes', () => {
  const change = (id: string): Change => ({ kind: 'volume', id, action: 'set', here: true });

  test('gets the changes after the call of changes(), even before its first read', async () => {
    const feed = new ChangeFeed();
    feed.tell([change('before')]);
    const reader = feed.read();
    feed.tell([change('a'), change('b')]);
    feed.end();
    expect(await collect(reader)).toEqual(['set volume a', 'set volume b']);
  });

  test('ends with return(), with its loop, or with the feed', async () => {
    const feed = new ChangeFeed();
    const [returned, looped, ended] = [feed.read(), feed.read(), feed.read()];
    const waiting = returned.next();
    await returned.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    feed.tell([change('a')]);
    for await (const { id } of looped) {
      expect(id).toBe('a');
      break;
    }
    expect(await looped.next()).toEqual({ done: true, value: undefined });
    expect((await ended.next()).value).toEqual(change('a'));
    const last = ended.next();
    feed.end();
    expect((await last).done).toBe(true);
  });

  test('that falls too far behind is rejected once with ChangesMissed, and its changes are dropped', async () => {
    const feed = new ChangeFeed();
    const [slow, quick] = [feed.read(), feed.read()];
    for (let n = 0; n <= 10_000; n++) {
      feed.tell([change(String(n))]);
      await quick.next();
    }
    await expect(slow.next()).rejects.toMatchObject({ name: 'ChangesMissed', code: 'CHANGES_MISSED', waiting: 10_000 });
    expect((await slow.next()).done).toBe(true);
    feed.tell([change('more')]);
    expect((await quick.next()).value).toEqual(change('more'));
  });
});
