/** Lists that are read while they are replaced, changed or read anew. */
import { beforeEach, expect, test } from 'vitest';
import { LazyList } from '../../src/objects/lazy-list.ts';

interface Item {
  readonly id: string;
}
let list: LazyList<Item>;
beforeEach(() => {
  list = new LazyList();
});

const items = (...ids: string[]): Item[] => ids.map((id) => ({ id }));
const ids = (loaded: readonly Item[] | null) => loaded?.map(({ id }) => id) ?? null;

/** A read that is answered when the test says so. */
function read(): { run: () => Promise<Item[]>; answer: (...ids: string[]) => void; fail: () => void } {
  let end: { answer: (...found: string[]) => void; fail: () => void } | undefined;
  const promise = new Promise<Item[]>((resolve, reject) => {
    end = { answer: (...found) => resolve(items(...found)), fail: () => reject(new Error('not read')) };
  });
  return { run: () => promise, answer: (...found) => end?.answer(...found), fail: () => end?.fail() };
}

test('two first uses wait for one read', async () => {
  const [one, other] = [read(), read()];
  const both = Promise.all([list.load(one.run), list.load(other.run)]);
  one.answer('a');
  expect((await both).map(ids)).toEqual([['a'], ['a']]);
});

test('a read that began before the list was replaced does not undo that', async () => {
  const before = read();
  const first = list.load(before.run);
  list.replace(items('new'));
  before.answer('old');
  await first;
  expect(ids(list.loaded)).toEqual(['new']);
});

test('a read that began before the list was forgotten is not kept, nor joined', async () => {
  const [before, after] = [read(), read()];
  const first = list.load(before.run);
  list.replace(null);
  const second = list.load(after.run);
  after.answer('new');
  expect(ids(await second)).toEqual(['new']);
  before.answer('old');
  await first;
  expect(ids(list.loaded)).toEqual(['new']);
});

test('who asked before the list was forgotten gets what was read', async () => {
  const before = read();
  const first = list.load(before.run);
  list.replace(null);
  before.answer('old');
  expect(ids(await first)).toEqual(['old']);
  expect(list.loaded).toBe(null);
});

test('reading anew does not join a read that began before', async () => {
  const [before, anew] = [read(), read()];
  const first = list.load(before.run);
  const second = list.reload(anew.run);
  anew.answer('new');
  expect(ids(await second)).toEqual(['new']);
  before.answer('old');
  expect(ids(await first)).toEqual(['new']);
  expect(ids(list.loaded)).toEqual(['new']);
});

test('what happens to the list while it is read is not lost in any read', async () => {
  const [before, anew] = [read(), read()];
  const first = list.load(before.run);
  const second = list.reload(anew.run);
  list.put({ id: 'b' });
  list.remove({ id: 'a' });
  before.answer('a');
  expect(ids(await first)).toEqual(['b']);
  anew.answer('a', 'c');
  expect(ids(await second)).toEqual(['c', 'b']);
});

test('after a read that failed the list is read again', async () => {
  const [failed, after] = [read(), read()];
  const first = list.load(failed.run);
  failed.fail();
  await expect(first).rejects.toThrow('not read');
  after.answer('a');
  expect(ids(await list.load(after.run))).toEqual(['a']);
});
