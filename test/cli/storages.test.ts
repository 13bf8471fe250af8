/** What a command has open, and how it is left. */
import { expect, test } from 'vitest';
import { Storages } from '../../src/cli/storage.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

test('everything is closed, the last first, whatever of it fails', async () => {
  const storages = new Storages({} as Terminal);
  const done: string[] = [];
  const failing = (name: string) => async () => {
    done.push(name);
    throw new Error(name);
  };
  storages.atEnd(() => void done.push('first'));
  storages.atEnd(failing('second'));
  storages.atEnd(failing('third'));
  await expect(storages.close()).rejects.toThrow('third');
  expect(done).toEqual(['third', 'second', 'first']);
});
