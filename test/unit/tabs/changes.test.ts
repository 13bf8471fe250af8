/** `cl.changes()`: what it tells in every storage, when it ends, and what becomes of a reader that is too slow. */
import { join } from 'node:path';
import { type Change, ContextClosed, KeyValue, setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { NoteBook } from '../../../examples/support/note-book.ts';
import { ChangeFeed } from '../../../src/persistence/change-feed.ts';
import { inTemporaryFolder } from '../../support/golden.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

/** What is told from now on, until the context is closed. */
async function collect(changes: AsyncIterable<Change>): Promise<string[]> {
  const told: string[] = [];
  for await (const { kind, id, action, here } of changes)
    told.push(`${action} ${kind} ${id}${here ? '' : ' elsewhere'}`);
  return told;
}

const storages: readonly [string, (folder: string) => Record<string, unknown>][] = [
  ['memory', () => ({ storage: 'memory' })],
  ['memory_db', () => ({ storage: 'memory_db' })],
  ['db', (folder) => ({ storage: 'db', connection: `sqlite:///${join(folder, 'cl.sqlite')}` })],
  ['a plugin', () => ({ storage: NoteBook })],
];

describe.each(storages)('%s', (_, config) => {
  test.each([true, false])('tells of each thing that is stored or deleted, with worker: %s', async (worker) => {
    await inTemporaryFolder(async (folder) => {
      const cl = await setup({ persistence_config: config(folder), worker });
      const told = collect(cl.changes());
      const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: driver });
      const volume = await backend.createVolume(1);
      const snapshot = await volume.createSnapshot();
      await snapshot.delete();
      await cl.persistence.setKeyValue(new KeyValue('k', 'v'));
      await cl.persistence.deleteKeyValue('k');
      await volume.delete();
      await cl.close();
      const lines = await told;
      // An operation stores an object more than once, for its states: that all of them are told is enough.
      expect([...new Set(lines)]).toEqual([
        `set volume ${volume.id}`,
        `set snapshot ${snapshot.id}`,
        `delete snapshot ${snapshot.id}`,
        'set key_value k',
        'delete key_value k',
        `delete volume ${volume.id}`,
      ]);
    });
  });
});

test('a change that fails is not told, and one of many objects tells of each', async () => {
  const cl = await setup({ persistence_config: { storage: 'memory_db' } });
  const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: driver });
  const [one, two] = [await backend.createVolume(1), await backend.createVolume(1)];
  const told = collect(cl.changes());
  await expect(cl.persistence.setKeyValue(new KeyValue('k', '\ud800'))).rejects.toThrow();
  await cl.load([one.json(), two.json()], { save: true });
  await cl.close();
  expect(await told).toEqual([`set volume ${one.id}`, `set volume ${two.id}`]);
});

test('it goes on over setPersistence(), and a closed context says so', async () => {
  const cl = await setup();
  const told = collect(cl.changes());
  await cl.persistence.setKeyValue(new KeyValue('a', '1'));
  const old = cl.persistence;
  await cl.setPersistence({ storage: 'memory_db' });
  await cl.persistence.setKeyValue(new KeyValue('b', '2'));
  await old.setKeyValue(new KeyValue('c', '3'));
  await cl.close();
  expect(await told).toEqual(['set key_value a', 'set key_value b']);
  expect(() => cl.changes()).toThrow(ContextClosed);
});

describe('a reader', () => {
  const change = (id: string): Change => ({ kind: 'volume', id, action: 'set', here: true });

  test('is told of what comes after changes() was called, not after it is first read', async () => {
    const feed = new ChangeFeed();
    feed.tell([change('before')]);
    const reader = feed.read();
    feed.tell([change('a'), change('b')]);
    feed.end();
    expect(await collect(reader)).toEqual(['set volume a', 'set volume b']);
  });

  test('that waits ends with return(), with the loop that it is in, and with the feed', async () => {
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

  test('that is too far behind is told so, once, and takes no memory', async () => {
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
