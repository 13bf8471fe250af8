/** A file of a name that somebody else gives to his own while ours is being written. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { newDatabase, writeFile } from '../../src/cli/commands/write-file.ts';
import { Storages } from '../../src/cli/storage.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { inTemporaryFolder } from '../support/golden.ts';

const ways = {
  async json(storages: Storages, path: string, replace: boolean, meanwhile: () => void): Promise<void> {
    await writeFile(storages, path, replace, async (write) => {
      await write('ours');
      meanwhile();
    });
    await storages.close();
  },
  async database(storages: Storages, path: string, replace: boolean, meanwhile: () => void): Promise<void> {
    await newDatabase(storages, path, replace, async (temporary) => {
      writeFileSync(temporary, 'ours');
      meanwhile();
    });
    await storages.close();
  },
};

describe.each(['json', 'database'] as const)('a new %s file', (kind) => {
  const write = (path: string, replace: boolean, meanwhile: () => void): Promise<void> =>
    ways[kind](new Storages({} as Terminal), path, replace, meanwhile);

  test.each([false, true])('does not replace one that has appeared meanwhile, told to: %s', async (replace) => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'new');
      const writing = write(path, replace, () => writeFileSync(path, 'precious'));
      await expect(writing).rejects.toMatchObject({ name: 'DatabaseExists' });
      expect(readFileSync(path, 'utf8')).toBe('precious');
      expect(readdirSync(folder)).toEqual(['new']);
    });
  });

  test('replaces it when told to', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'new');
      writeFileSync(path, 'theirs');
      await write(path, true, () => {});
      expect(readFileSync(path, 'utf8')).toBe('ours');
      expect(readdirSync(folder)).toEqual(['new']);
    });
  });

  test('has its name alone in the end', async () => {
    await inTemporaryFolder(async (folder) => {
      await write(join(folder, 'new'), false, () => {});
      expect(readdirSync(folder)).toEqual(['new']);
      expect(readFileSync(join(folder, 'new'), 'utf8')).toBe('ours');
    });
  });
});

test('a database whose command is stopped while it ends has its name, and nothing else is left', async () => {
  await inTemporaryFolder(async (folder) => {
    const storages = new Storages({} as Terminal);
    const path = join(folder, 'new');
    await newDatabase(storages, path, false, async (temporary) => writeFileSync(temporary, 'ours'));
    let end = (): void => {};
    storages.atEnd(() => new Promise<void>((resolve) => (end = resolve)));
    const ending = storages.close();
    const stopped = storages.close();
    const isStopped = await Promise.race([stopped.then(() => true), sleep(50, false)]);
    end();
    await stopped;
    expect(isStopped).toBe(false);
    expect(readdirSync(folder)).toEqual(['new']);
    await ending;
  });
});
