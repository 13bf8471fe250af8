/** The medium on disk: pages in place, durable names, and a typed error for every unsuitable path. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DatabaseExists, DatabaseUnavailable, InvalidPersistence, StorageFailure } from '../../../src/errors/index.ts';
import { FileReplacement } from '../../../src/media/filesystem/file-replacement.ts';
import { FilesystemMedium } from '../../../src/media/filesystem/filesystem.ts';
import { locate } from '../../../src/media/filesystem/locate.ts';
import { seed } from '../../../src/media/filesystem/seed.ts';
import { NullGuard } from '../../../src/media/guard.ts';
import { hostMedia } from '../../../src/media/open-on-host.ts';
import { goldenBytes } from '../../support/golden.ts';
import { FaultyFs } from './faulty-fs.ts';

let folder: string;
let database: string;
beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'medium-')));
  database = path.join(folder, 'cl.sqlite');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const settings = { medium: 'filesystem', from: null, sqlite_synchronous: true, busy_timeout: 5000 } as const;
const open = (name = database, from: Uint8Array | null = null) => hostMedia.open({ ...settings, database: name, from });
const noLock = { release() {} };
const bytes = (...values: number[]) => Uint8Array.from(values);
/** What begins as a database does, as initial content must. */
const content = Uint8Array.from(Buffer.from('SQLite format 3\0, and more', 'latin1'));

describe('a file on disk', () => {
  test('is read and written in place', async () => {
    fs.writeFileSync(database, 'abcdef');
    const medium = await open();
    const file = medium.open('', false);
    file.write(Buffer.from('XY'), 2);
    const target = new Uint8Array(6);
    expect(file.read(target, 3)).toBe(3);
    expect(Buffer.from(target).toString('latin1', 0, 3)).toBe('Yef');
    expect(file.size()).toBe(6);
    file.truncate(3);
    await medium.close();
    expect(fs.readFileSync(database, 'latin1')).toBe('abX');
  });

  test.each(['-journal', '-wal'])('is not opened while another database has the name of its %s', async (kind) => {
    const other = Buffer.from(goldenBytes('rev-two.sqlite.gz'));
    fs.writeFileSync(database + kind, other);
    for (const from of [null, other]) {
      const error: unknown = await open(database, from).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(DatabaseUnavailable);
      expect(error).toMatchObject({ message: expect.stringContaining(`${database}${kind} is another database`) });
    }
    expect(fs.readdirSync(folder)).toEqual([path.basename(database) + kind]);
    expect(fs.readFileSync(database + kind)).toEqual(other);
  });

  test('is read and written completely even if the system transfers a few bytes at a time', () => {
    const few = (length: number): number => Math.min(length, 3);
    const sparing = {
      ...fs,
      readSync: (file: number, target: Uint8Array, start: number, length: number, at: number) =>
        fs.readSync(file, target, start, few(length), at),
      writeSync: (file: number, source: Uint8Array, start: number, length: number, at: number) =>
        fs.writeSync(file, source, start, few(length), at),
    };
    // The medium calls both with exactly these parameters.
    const medium = new FilesystemMedium(sparing as unknown as typeof fs, database, folder, noLock);
    const file = medium.open('', true);
    file.write(Buffer.from('abcdefgh'), 2);
    expect(fs.readFileSync(database, 'latin1')).toBe('\0\0abcdefgh');
    const target = new Uint8Array(12);
    expect([file.read(target, 1), Buffer.from(target).toString('latin1', 0, 9)]).toEqual([9, '\0abcdefgh']);
  });

  test('is closed before the guard, and the lock is released last, even if closing fails', async () => {
    const order: string[] = [];
    const closeSync = (file: number): void => {
      order.push('file');
      fs.closeSync(file);
      throw Object.assign(new Error('EIO'), { code: 'EIO' });
    };
    const guard = new NullGuard();
    vi.spyOn(guard, 'close').mockImplementation(async () => void order.push('guard'));
    const lock = { release: () => void order.push('lock') };
    const medium = new FilesystemMedium({ ...fs, closeSync }, database, folder, lock, false, () => guard);
    medium.open('', true).write(bytes(1), 0);
    expect(medium.guard).toBe(guard);
    await expect(medium.close()).rejects.toThrow(StorageFailure);
    expect(order).toEqual(['file', 'guard', 'lock']);
  });

  test('is reported as moved once another file has its name', async () => {
    fs.writeFileSync(database, 'old');
    const medium = await open();
    const file = medium.open('', false);
    expect(file.moved()).toBe(false);
    fs.writeFileSync(`${database}.copy`, 'new');
    fs.renameSync(`${database}.copy`, database);
    expect(file.moved()).toBe(true);
    fs.unlinkSync(database);
    expect(file.moved()).toBe(true);
    await medium.close();
  });

  test('syncs its folder with its first sync after creation, and on removal', () => {
    const faulty = new FaultyFs();
    const medium = new FilesystemMedium(faulty.fs, database, folder, noLock);
    const file = medium.open('-journal', true);
    const never = { at: Number.POSITIVE_INFINITY, errno: 'EIO', lasting: false };
    faulty.set(never);
    file.sync();
    expect(faulty.made).toEqual(['fdatasyncSync', 'openSync', 'fsyncSync', 'closeSync']);
    faulty.set(never);
    file.sync();
    expect(faulty.made).toEqual(['fdatasyncSync']);
    faulty.set(never);
    medium.remove('-journal', true);
    expect(faulty.made).toEqual(['unlinkSync', 'openSync', 'fsyncSync', 'closeSync']);
  });

  test('is synced without its folder if the system cannot sync folders', () => {
    const faulty = new FaultyFs();
    const medium = new FilesystemMedium(faulty.fs, database, folder, noLock);
    const file = medium.open('', true);
    faulty.set({ at: 2, errno: 'EISDIR', lasting: false });
    expect(() => file.sync()).not.toThrow();
    expect(faulty.fired).toBe('openSync');
  });

  test('has a journal with the same permissions', async () => {
    fs.writeFileSync(database, 'x', { mode: 0o600 });
    const medium = await open();
    medium.open('-journal', true);
    expect(fs.statSync(`${database}-journal`).mode & 0o777).toBe(0o600);
    await medium.close();
  });

  test('has a journal with the same owner, even if root creates it', async (context) => {
    context.skip(process.getuid?.() !== 0, 'only root can give files away');
    fs.writeFileSync(database, 'x');
    fs.chownSync(database, 1234, 2345);
    const medium = await open();
    medium.open('-journal', true);
    expect(fs.statSync(`${database}-journal`)).toMatchObject({ uid: 1234, gid: 2345 });
    await medium.close();
  });

  test('is closed with its medium if it is still open', async () => {
    const faulty = new FaultyFs();
    const medium = new FilesystemMedium(faulty.fs, database, folder, noLock);
    const file = medium.open('', true);
    medium.open('-journal', true).close();
    faulty.set({ at: Number.POSITIVE_INFINITY, errno: 'EIO', lasting: false, only: ['closeSync'] });
    await medium.close();
    expect(faulty.made).toEqual(['closeSync']);
    file.close();
    expect(faulty.made).toEqual(['closeSync']);
  });

  test('that was created and not written to is removed on close', async () => {
    const medium = await open();
    medium.open('', true);
    expect(fs.readdirSync(folder).sort()).toEqual(['cl.sqlite', 'cl.sqlite.lock']);
    await medium.close();
    await medium.close();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('that was empty before is kept on close', async () => {
    fs.writeFileSync(database, '');
    const medium = await open();
    medium.open('', true);
    await medium.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });

  test.each(['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE'])('fails on %s with the path and the cause', (errno) => {
    const faulty = new FaultyFs();
    const medium = new FilesystemMedium(faulty.fs, database, folder, noLock);
    const file = medium.open('', true);
    faulty.set({ at: 1, errno, lasting: true });
    const attempts = [
      () => file.write(bytes(1), 0),
      () => file.read(new Uint8Array(1), 0),
      () => file.truncate(0),
      () => file.sync(),
      () => file.size(),
      () => medium.open('-journal', true),
      () => medium.exists('-journal'),
      () => medium.remove('', false),
    ];
    for (const attempt of attempts) {
      expect(attempt).toThrow(StorageFailure);
      expect(attempt).toThrow(
        expect.objectContaining({
          path: expect.stringContaining(database),
          errno,
          cause: expect.objectContaining({ code: errno }),
        }),
      );
    }
  });
});

describe('opening an unsuitable path', () => {
  const refused = async (name: string) => {
    const error: unknown = await open(name).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    return error as DatabaseUnavailable; // the line above saw to it
  };

  test('names a missing folder', async () => {
    const error = await refused(path.join(folder, 'none', 'cl.sqlite'));
    expect(error.message).toContain(`the folder ${folder}/none does not exist`);
    expect(error.path).toBe(`${folder}/none/cl.sqlite`);
  });

  test('tells how to write an absolute path, if one was probably meant', async () => {
    const given = path.join(folder, 'cl.sqlite').slice(1);
    expect((await refused(given)).message).toContain(` The URL of /${given} is sqlite:////${given}.`);
    expect((await refused('none/cl.sqlite')).message).not.toContain('The URL of');
    const mayNotLook = () => {
      throw new Error('NotCapable');
    };
    const deno = { ...fs, existsSync: mayNotLook };
    expect(() => locate(deno, path, given)).toThrow(/does not exist\. Create it, or correct the path\.$/);
  });

  test('a working directory that was removed is named as a reason', () => {
    const resolve = (): never => {
      throw Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), { code: 'ENOENT' });
    };
    expect(() => locate(fs, { ...path, resolve }, 'cl.sqlite')).toThrow(DatabaseUnavailable);
  });

  test('refuses a folder', async () => {
    expect((await refused(folder)).message).toContain('it is a folder');
  });

  test('refuses a path through a file', async () => {
    fs.writeFileSync(path.join(folder, 'file'), '');
    expect((await refused(path.join(folder, 'file', 'cl.sqlite'))).message).toContain('is not a folder');
  });

  test('refuses a device without waiting for it', async () => {
    expect((await refused('/dev/null')).message).toContain('not a regular file');
  });

  const companions: readonly (readonly [string, (name: string) => void])[] = [
    ['pipe', (name) => execFileSync('mkfifo', [name])],
    ['link to a device', (name) => fs.symlinkSync('/dev/zero', name)],
    ['folder', (name) => fs.mkdirSync(name)],
  ];
  const places = ['-journal', '-wal', '-shm'].flatMap((kind) => companions.map((one) => [kind, ...one] as const));
  test.each(places)(
    'refuses a database whose %s is a %s, without waiting for it or changing it',
    async (kind, _what, make) => {
      fs.writeFileSync(database, '');
      make(database + kind);
      expect((await refused(database)).message).toContain(`${database}${kind} is not a regular file`);
      await expect(hostMedia.openReadOnly({ ...settings, database })).rejects.toThrow(
        `${database}${kind} is not a regular file`,
      );
      expect(fs.readdirSync(folder)).toEqual(['cl.sqlite', `cl.sqlite${kind}`]);
    },
  );

  test('refuses a socket', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => void server.listen(database, resolve));
    expect((await refused(database)).message).toContain('not a regular file');
    await new Promise((resolve) => void server.close(resolve));
  });

  test('names the target of a dangling link', async () => {
    fs.symlinkSync(path.join(folder, 'nowhere'), database);
    expect((await refused(database)).message).toContain(path.join(folder, 'nowhere'));
  });

  test('refuses a name that contains NUL', async () => {
    expect((await refused(`${database}\0`)).message).toContain('NUL');
  });

  test('refuses a name that is too long', async () => {
    expect((await refused(path.join(folder, 'x'.repeat(300)))).message).toContain('too long');
  });

  test.each(['EACCES', 'EPERM', 'EROFS'])('says on %s what must be writable', (errno) => {
    const faulty = new FaultyFs();
    const medium = new FilesystemMedium(faulty.fs, database, folder, noLock);
    faulty.set({ at: 1, errno, lasting: true });
    expect(() => medium.open('', true)).toThrow(DatabaseUnavailable);
    expect(() => medium.open('', true)).toThrow(new RegExp(`${database}.*${errno}.*writ`));
    if (errno === 'EROFS') expect(() => medium.open('', true)).toThrow('read_only');
  });

  test('leaves no lock or file behind', async () => {
    await refused(path.join(folder, 'none', 'cl.sqlite'));
    await refused(folder);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('names the known media if the medium does not exist', async () => {
    const config = { ...settings, medium: 'floppy' as 'memory', database };
    await expect(hostMedia.open(config)).rejects.toBeInstanceOf(InvalidPersistence);
    await expect(hostMedia.open(config)).rejects.toThrow(/"floppy".*Choose filesystem, or the storage memory_db/);
  });
});

describe('the path of a database', () => {
  test('may be relative to the current working directory', async () => {
    const medium = await open(path.relative(process.cwd(), database));
    expect(medium.path).toBe(database);
    await medium.close();
  });

  test('is resolved through links to the one file that has the journal and the lock', async () => {
    fs.writeFileSync(database, '');
    fs.mkdirSync(path.join(folder, 'links'));
    fs.symlinkSync(database, path.join(folder, 'links', 'alias'));
    const medium = await open(path.join(folder, 'links', 'alias'));
    medium.open('-journal', true);
    expect(fs.readdirSync(folder).sort()).toEqual(['cl.sqlite', 'cl.sqlite-journal', 'cl.sqlite.lock', 'links']);
    expect(fs.readdirSync(path.join(folder, 'links'))).toEqual(['alias']);
    await expect(open()).rejects.toThrow(/in use/);
    await medium.close();
  });

  test.for(['cl.sqlite', 'c l\t\\"ä.sqlite'])(
    'is refused for writing if the file %j is mounted by itself',
    async (name, { skip }) => {
      if (process.platform !== 'linux' || process.getuid?.() !== 0) return skip('only root of Linux can mount a file');
      fs.mkdirSync(path.join(folder, 'elsewhere'));
      const alone = path.join(folder, 'elsewhere', name);
      for (const file of [database, alone]) fs.writeFileSync(file, '');
      try {
        execFileSync('mount', ['--bind', database, alone]);
      } catch {
        return skip('files cannot be mounted here');
      }
      try {
        const opening = open(alone);
        await expect(opening).rejects.toMatchObject({ name: 'DatabaseUnavailable', path: alone });
        await expect(opening).rejects.toThrow(/mounted by itself.*Mount that folder at .*elsewhere instead/);
        expect(fs.readdirSync(path.join(folder, 'elsewhere'))).toEqual([name]);
        await (await hostMedia.openReadOnly({ ...settings, database: alone })).close();
        await expect(FileReplacement.begin(alone)).rejects.toThrow('mounted by itself');
        await (await open()).close();
      } finally {
        execFileSync('umount', [alone]);
      }
    },
  );

  test.each(['file', 'folder'])('is refused if it leads to a %s whose name no text can hold', (what) => {
    const alias = path.join(folder, 'alias');
    fs.mkdirSync(path.join(folder, 'real'));
    fs.writeFileSync(path.join(folder, 'real', 'cl.sqlite'), '');
    fs.symlinkSync(path.join(folder, 'real', what === 'file' ? 'cl.sqlite' : ''), alias);
    // As Bun answers for a name that is not UTF-8.
    const realpathSync = (name: string) => (name === alias ? path.join(folder, 'x\u{fffd}') : fs.realpathSync(name));
    const asOnBun = { ...fs, realpathSync } as typeof fs; // it is called with a name only
    const open = () => locate(asOnBun, path, what === 'file' ? alias : path.join(alias, 'cl.sqlite'));
    expect(open).toThrow(DatabaseUnavailable);
    expect(open).toThrow(/alias.*not UTF-8.*Rename/);
  });
});

describe('the initial content of a new database', () => {
  test('is written to the file', async () => {
    const medium = await open(database, content);
    expect(fs.readFileSync(database)).toEqual(Buffer.from(content));
    await medium.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });

  test('leaves no file if it does not fit on the disk', () => {
    const faulty = new FaultyFs();
    faulty.set({ at: 2, errno: 'ENOSPC', lasting: true, torn: true, only: ['openSync', 'writeSync'] });
    expect(() => seed(faulty.fs, { path: database, folder }, content)).toThrow(StorageFailure);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('touches no other file, even if it does not fit on the disk', async () => {
    for (const end of ['.new', '.part', '.tmp']) fs.writeFileSync(database + end, `mine${end}`);
    const faulty = new FaultyFs();
    faulty.set({ at: 2, errno: 'ENOSPC', lasting: true, torn: true, only: ['openSync', 'writeSync'] });
    expect(() => seed(faulty.fs, { path: database, folder }, content)).toThrow(StorageFailure);
    const medium = await open(database, content);
    await medium.close();
    for (const end of ['.new', '.part', '.tmp']) expect(fs.readFileSync(database + end, 'latin1')).toBe(`mine${end}`);
  });

  test('may go into an existing empty file, whose permissions are kept', async () => {
    fs.writeFileSync(database, '', { mode: 0o600 });
    const medium = await open(database, content);
    await medium.close();
    expect(fs.readFileSync(database)).toEqual(Buffer.from(content));
    expect(fs.statSync(database).mode & 0o777).toBe(0o600);
  });

  test.each(['', '-journal', '-wal'])('is refused if a file database%s exists, which is not changed', async (kind) => {
    fs.writeFileSync(database + kind, 'something');
    await expect(open(database, content)).rejects.toBeInstanceOf(DatabaseExists);
    await expect(open(database, content)).rejects.toThrow(database + kind);
    expect(fs.readdirSync(folder)).toEqual([`cl.sqlite${kind}`]);
    expect(fs.readFileSync(database + kind, 'latin1')).toBe('something');
  });
});
