/** The initial content of a database in OPFS: stored whole or not at all. */
import { afterEach, expect, test, vi } from 'vitest';
import { OpfsPlace } from '../../../src/media/opfs/opfs-place.ts';

afterEach(() => void vi.unstubAllGlobals());

/** Stands in for OPFS; each file accepts at most so many bytes. */
function filesWithSpace(space: number): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const fileNamed = (name: string): object => ({
    createSyncAccessHandle: async () => ({
      truncate: () => void files.set(name, new Uint8Array()),
      write(source: Uint8Array) {
        files.set(name, source.slice(0, space));
        return Math.min(source.length, space);
      },
      flush() {},
      close() {},
    }),
    async move(to: string) {
      files.set(to, files.get(name) ?? new Uint8Array());
      files.delete(name);
    },
  });
  const root = {
    getFileHandle: async (name: string) => fileNamed(name),
    removeEntry: async (name: string) => void files.delete(name),
  };
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => root } });
  return files;
}

test('content that fits is stored under the name of the database', async () => {
  const files = filesWithSpace(100);
  const place = await OpfsPlace.find('a.sqlite', 'opfs:a.sqlite', true);
  await place.seed(new Uint8Array(100).fill(7));
  expect([...files].map(([name, { length }]) => [name, length])).toEqual([['a.sqlite', 100]]);
});

test('content that exceeds the quota leaves no file', async () => {
  const files = filesWithSpace(99);
  const place = await OpfsPlace.find('a.sqlite', 'opfs:a.sqlite', true);
  const seeding = place.seed(new Uint8Array(100).fill(7));
  await expect(seeding).rejects.toMatchObject({ name: 'StorageFailure', errno: 'QuotaExceeded' });
  expect([...files.keys()]).toEqual([]);
});

test('files of other databases are not touched, whatever their names', async () => {
  const files = filesWithSpace(100);
  for (const name of ['a.sqlite.new', 'a.sqlite.part']) files.set(name, new Uint8Array(5));
  const place = await OpfsPlace.find('a.sqlite', 'opfs:a.sqlite', true);
  await place.seed(new Uint8Array(100).fill(7));
  expect([...files].map(([name, { length }]) => [name, length]).sort()).toEqual([
    ['a.sqlite', 100],
    ['a.sqlite.new', 5],
    ['a.sqlite.part', 5],
  ]);
});
