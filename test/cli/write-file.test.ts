/** A file of a name that somebody else gives to his own while ours is being written. */
import fs, {
  chmodSync,
  chownSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
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

  test.each([
    [false, 'DatabaseExists'],
    [true, 'DatabaseUnavailable'],
  ])('is not put in the place of a link that leads to nothing, told to: %s', async (replace, name) => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'new');
      symlinkSync('nowhere', path);
      let begun = false;
      const writing = write(path, replace, () => {
        begun = true;
      });
      await expect(writing).rejects.toMatchObject({ name });
      expect([begun, readdirSync(folder), readlinkSync(path)]).toEqual([false, ['new'], 'nowhere']);
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

  test('that replaces one of somebody else stays his', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root can give files away');
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'new');
      writeFileSync(path, 'theirs', { mode: 0o640 });
      chownSync(path, 1234, 2345);
      await write(path, true, () => {});
      expect(readFileSync(path, 'utf8')).toBe('ours');
      expect(statSync(path)).toMatchObject({ uid: 1234, gid: 2345 });
    });
  });

  test('has its name for good when the command ends', async () => {
    await inTemporaryFolder(async (folder) => {
      const synced: string[] = [];
      const sync = fs.fsyncSync;
      const spy = vi.spyOn(fs, 'fsyncSync').mockImplementation((file) => {
        synced.push(`${fs.readlinkSync(`/proc/self/fd/${file}`)}: ${readdirSync(folder).join()}`);
        sync(file);
      });
      await write(join(folder, 'new'), false, () => {}).finally(() => spy.mockRestore());
      expect(synced.at(-1)).toBe(`${folder}: new`);
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

test.each(['444', '400', '640'])(
  'a database takes the place of one of mode %s, and has it in the end',
  async (text) => {
    await inTemporaryFolder(async (folder) => {
      const [path, mode] = [join(folder, 'new'), Number.parseInt(text, 8)];
      writeFileSync(path, 'theirs');
      chmodSync(path, mode);
      const storages = new Storages({} as Terminal);
      let made = 0;
      await newDatabase(storages, path, true, async (temporary) => {
        made = statSync(temporary).mode & 0o777;
        writeFileSync(temporary, 'ours');
      });
      await storages.close();
      // Whoever is not root could not write to it otherwise.
      expect(made).toBe(mode | 0o600);
      expect(statSync(path).mode & 0o777).toBe(mode);
      expect(readFileSync(path, 'utf8')).toBe('ours');
    });
  },
);
