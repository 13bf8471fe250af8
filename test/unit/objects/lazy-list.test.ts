/** Lists that are replaced, changed or read anew while they are being read. */
import { beforeEach, expect, test } from 'vitest';
import { LazyList } from '../../../src/objects/lazy-list.ts';

interface Item {
  readonly id: string;
}
let list: LazyList<Item>;
beforeEach(() => {
  list = new LazyList();
});

const items = (...ids: string[]): Item[] => ids.map((id) => ({ id }));
const ids = (loaded: readonly Item[] | null) => loaded?.map(({ id }) => id) ?? null;

/** A read that ends when the test says so. */
function read(): { run: () => Promise<Item[]>; answer: (...ids: string[]) => void; fail: () => void } {
  let end: { answer: (...found: string[]) => void; fail: () => void } | undefined;
  const promise = new Promise<Item[]>((resolve, reject) => {
    end = { answer: (...found) => resolve(items(...found)), fail: () => reject(new Error('not read')) };
  });
  return { run: () => promise, answer: (...found) => end?.answer(...found), fail: () => end?.fail() };
}

test('concurrent first calls of load() share one read', async () => {
  const [one, other] = [read(), read()];
  const both = Promise.all([list.load(one.run), list.load(other.run)]);
  one.answer('a');
  expect((await both).map(ids)).toEqual([['a'], ['a']]);
});

test('replace() is not undone by a read that began before it', async () => {
  const before = read();
  const first = list.load(before.run);
  list.replace(items('new'));
  before.answer('old');
  await first;
  expect(ids(list.loaded)).toEqual(['new']);
});

test('after replace(null), load() neither keeps nor joins an earlier read', async () => {
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

test('load() returns its own result even if the list was reset meanwhile', async () => {
  const before = read();
  const first = list.load(before.run);
  list.replace(null);
  before.answer('old');
  expect(ids(await first)).toEqual(['old']);
  expect(list.loaded).toBe(null);
});

test('reload() does not join an earlier read, and earlier callers get its result', async () => {
  const [before, anew] = [read(), read()];
  const first = list.load(before.run);
  const second = list.reload(anew.run);
  anew.answer('new');
  expect(ids(await second)).toEqual(['new']);
  before.answer('old');
  expect(ids(await first)).toEqual(['new']);
  expect(ids(list.loaded)).toEqual(['new']);
});

test('put() and remove() during reads apply to the results of all of them', async () => {
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

test('load() reads again after a read failed', async () => {
  const [failed, after] = [read(), read()];
  const first = list.load(failed.run);
  failed.fail();
  await expect(first).rejects.toThrow('not read');
  after.answer('a');
  expect(ids(await list.load(after.run))).toEqual(['a']);
});
