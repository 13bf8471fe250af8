/** What a command has open, and how it is left. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dump } from '../../src/cli/commands/dump.ts';
import { Storages } from '../../src/cli/storage.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { PersistenceDriver } from '../../src/persistence/driver.ts';
import { program } from '../support/cli.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';

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

test('who stops the command while it is being left waits for the end of that', async () => {
  const storages = new Storages({} as Terminal);
  const done: string[] = [];
  storages.atEnd(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    done.push('named');
  });
  const closing = storages.close();
  await storages.close();
  expect(done).toEqual(['named']);
  await closing;
});

test('a dump may come through a pipe that has a name', { timeout: 60_000 }, async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('one.sqlite', join(folder, 'one.sqlite'));
    const commands = '"$0" "$1" ls <("$0" "$1" dump --show-secrets "$2") backends';
    const out = execFileSync('bash', ['-c', commands, process.execPath, program, path], { encoding: 'utf8' });
    expect(out).toMatch(/^name\tvolumes\tsize\n\S+\t1\t/);
  });
});

test('a dump that nobody reads any more is read no further', async () => {
  let read = 0;
  const storage = {
    async *iterateVolumes() {
      const volume = { dump: async () => ({ class: 'Volume' }), ovo: { children: () => [] }, volume_type: null };
      for (; read < 100; ) yield { ...volume, id: String(++read) };
    },
    getSnapshots: () => Promise.reject(new Error('nobody wants them')),
  } as unknown as PersistenceDriver;
  let written = '';
  const write = async (text: string) => {
    written += text;
  };
  const deserted = () => written.split('\n').length > 3;
  await dump(storage, write, { keyValues: true, mask: (value) => value, deserted });
  expect(read).toBeLessThan(10);
});
