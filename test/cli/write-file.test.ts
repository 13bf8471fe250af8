/** New files whose name somebody else takes while they are being written. */
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
import { Storages } from '../../src/cli/storages.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { inTemporaryFolder } from '../support/golden.ts';

const ways = {
  async json(storages: Storages, path: string, replace: boolean, meanwhile: () => void): Promise<void> {
    const writing = writeFile(storages, path, replace, async (write) => {
      await write('ours');
      meanwhile();
    });
    await writing.finally(() => storages.close());
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

  test.each([false, true])('does not replace a file that has appeared meanwhile, with replace: %s', async (replace) => {
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
  ])('does not replace a dangling link, with replace: %s', async (replace, name) => {
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

  test('replaces an existing file when told to', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'new');
      writeFileSync(path, 'theirs');
      await write(path, true, () => {});
      expect(readFileSync(path, 'utf8')).toBe('ours');
      expect(readdirSync(folder)).toEqual(['new']);
    });
  });

  test('keeps the owner of the file that it replaces', async (context) => {
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

  test('is renamed durably before the command ends', async () => {
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

  test.each(['EPERM', 'EACCES', 'EISDIR', 'EMLINK'])('is created where there are no hard links (%s)', async (code) => {
    await inTemporaryFolder(async (folder) => {
      const spy = vi.spyOn(fs, 'linkSync').mockImplementation(() => {
        throw Object.assign(new Error(code), { code, syscall: 'link' });
      });
      await write(join(folder, 'new'), false, () => {}).finally(() => spy.mockRestore());
      expect(readdirSync(folder)).toEqual(['new']);
      expect(readFileSync(join(folder, 'new'), 'utf8')).toBe('ours');
    });
  });

  test.each([
    ['linkSync', false],
    ['fsyncSync', false],
    ['renameSync', true],
  ] as const)('is reported by its own name if %s fails at the end, with replace: %s', async (call, replace) => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'new');
      if (replace) writeFileSync(path, 'theirs');
      const failing = vi.fn(() => {
        throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO', syscall: call });
      });
      const spies: { mockRestore(): void }[] = [];
      const writing = write(path, replace, () => void spies.push(vi.spyOn(fs, call).mockImplementation(failing)));
      await writing.catch(() => {});
      for (const spy of spies) spy.mockRestore();
      await expect(writing).rejects.toMatchObject({ name: 'StorageFailure', errno: 'EIO', path });
      expect(failing).toHaveBeenCalled();
      expect(readdirSync(folder).filter((name) => name !== 'new')).toEqual([]);
      if (replace) expect(readFileSync(path, 'utf8')).toBe('theirs');
    });
  });

  test('leaves no temporary file', async () => {
    await inTemporaryFolder(async (folder) => {
      await write(join(folder, 'new'), false, () => {});
      expect(readdirSync(folder)).toEqual(['new']);
      expect(readFileSync(join(folder, 'new'), 'utf8')).toBe('ours');
    });
  });
});

test('a database whose mode cannot be set is reported by the name that was asked for', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, 'new');
    writeFileSync(path, 'theirs');
    const storages = new Storages({} as Terminal);
    await newDatabase(storages, path, true, async (temporary) => writeFileSync(temporary, 'ours'));
    const spy = vi.spyOn(fs, 'chmodSync').mockImplementation(() => {
      throw Object.assign(new Error('EPERM: not permitted'), { code: 'EPERM', syscall: 'chmod' });
    });
    const closing = storages.close().finally(() => spy.mockRestore());
    await expect(closing).rejects.toMatchObject({ name: 'DatabaseUnavailable', path });
    expect(readdirSync(folder)).toEqual(['new']);
    expect(readFileSync(path, 'utf8')).toBe('theirs');
  });
});

test.each(['444', '400', '640'])('a database that replaces one of mode %s keeps that mode', async (text) => {
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
    // Only root could write to it otherwise.
    expect(made).toBe(mode | 0o600);
    expect(statSync(path).mode & 0o777).toBe(mode);
    expect(readFileSync(path, 'utf8')).toBe('ours');
  });
});

test('a path that no database URL can express is refused by its own name, and nothing is created', async () => {
  await inTemporaryFolder(async (folder) => {
    const creating = newDatabase(new Storages({} as Terminal), join(folder, 'a?b'), false, () => expect.unreachable());
    await expect(creating).rejects.toMatchObject({
      name: 'InvalidOption',
      message: expect.stringMatching(/[/\\]a\?b\.$/),
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});
