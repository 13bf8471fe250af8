/** The place of a database in OPFS: initial content is stored whole or not at all, and a torn log of names is left behind. */
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

/** Stands in for Chromium; `refusal` is why it makes no directory with a long name. Returns what was done. */
function chromium(refusal: Error | null): string[] {
  const done: string[] = [];
  const act = async (what: string, name: string): Promise<object> => {
    if (refusal !== null && name.length > 32_768) throw refusal;
    done.push(`${what} ${name.replace(/-{32768,}/, '…')}`);
    return root;
  };
  const root = {
    getDirectoryHandle: (name: string, { create = false } = {}) => act(create ? 'make' : 'find', name),
    removeEntry: (name: string) => act('remove', name),
  };
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => root } });
  vi.stubGlobal(
    'IDBVersionChangeEvent',
    class {
      readonly type = 'upgradeneeded';
      get dataLoss(): string {
        return 'none';
      }
    },
  );
  return done;
}

test('a Chromium that limits the length of names still opens databases', async () => {
  const done = chromium(new TypeError('Name is not allowed.'));
  await OpfsPlace.find('folder/a', 'opfs:folder/a', true);
  expect(done).toEqual(['make folder']);
});

test('before any name is created in Chromium, one that fills a block of its log is made and removed', async () => {
  const done = chromium(null);
  await OpfsPlace.find('folder/a', 'opfs:folder/a', true);
  expect(done).toEqual(['make folder a…', 'remove folder a…', 'make folder']);
});

test('nothing is made for reading', async () => {
  const done = chromium(null);
  await OpfsPlace.find('folder/a', 'opfs:folder/a', false);
  expect(done).toEqual(['find folder']);
});

test.each([
  ['QuotaExceededError', 'QuotaExceeded'],
  ['UnknownError', 'Unknown'],
  ['InvalidModificationError', 'InvalidModificationError'],
])('if that fails with %s, the database is not opened', async (word, errno) => {
  chromium(new DOMException('Not today.', word));
  const finding = OpfsPlace.find('a', 'opfs:a', true);
  await expect(finding).rejects.toMatchObject({ name: 'StorageFailure', path: 'opfs:a', errno });
});
