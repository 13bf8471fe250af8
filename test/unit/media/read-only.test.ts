/** How a reader treats its file descriptor: closing it would drop the locks of a writer in this process. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ReadOnlyMedium } from '../../../src/media/filesystem/read-only.ts';
import { NativeLocks } from '../../../src/media/locks/native-locks.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reader-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

test.each([
  [true, 'stays open'],
  [false, 'is closed'],
])('with a writer in this process: %s, the descriptor of a reader %s', async (isShared) => {
  const database = path.join(folder, 'cl.sqlite');
  fs.writeFileSync(database, 'x');
  const opened: number[] = [];
  const closed: number[] = [];
  const watched = {
    ...fs,
    openSync: (name: string, flags: number) => {
      const descriptor = fs.openSync(name, flags);
      opened.push(descriptor);
      return descriptor;
    },
    closeSync: (descriptor: number) => {
      closed.push(descriptor);
      fs.closeSync(descriptor);
    },
  };
  // Only a native connection takes such a lock, and not every runtime has one.
  vi.spyOn(NativeLocks, 'of').mockReturnValue({
    heldByThisProcess: () => isShared,
    close() {},
  } as unknown as NativeLocks);
  // The medium opens files by name and number alone.
  const medium = new ReadOnlyMedium(watched as unknown as typeof fs, database, 0);
  await medium.close();
  expect(opened).toHaveLength(1);
  expect(closed).toEqual(isShared ? [] : opened);
  if (isShared) for (const descriptor of opened) fs.closeSync(descriptor);
});
