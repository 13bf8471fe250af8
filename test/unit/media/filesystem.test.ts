/** The medium on disk: pages in place, durable names, and typed errors for every place that is none. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DatabaseExists, DatabaseUnavailable, InvalidPersistence, StorageFailure } from '../../../src/errors/index.ts';
import { FilesystemMedium } from '../../../src/media/filesystem.ts';
import { NullGuard } from '../../../src/media/guard.ts';
import { hostMedia } from '../../../src/media/open-on-host.ts';
import { seed } from '../../../src/media/seed.ts';
import { FaultyFs } from './faulty-fs.ts';

let folder: string;
let database: string;
beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'medium-')));
  database = path.join(folder, 'cl.sqlite');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const open = (name = database, from: Uint8Array | null = null) =>
  hostMedia.open({ medium: 'filesystem', database: name, from });
const noLock = { release() {} };
const bytes = (...values: number[]) => Uint8Array.from(values);

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

  test('is read and written whole where the system does a few bytes at a time', () => {
    const few = (length: number): number => Math.min(length, 3);
    const sparing = {
      ...fs,
      readSync: (file: number, target: Uint8Array, start: number, length: number, at: number) =>
        fs.readSync(file, target, start, few(length), at),
      writeSync: (file: number, source: Uint8Array, start: number, length: number, at: number) =>
        fs.writeSync(file, source, start, few(length), at),
    };
    // The medium calls each with these parameters and no others.
    const medium = new FilesystemMedium(sparing as unknown as typeof fs, database, folder, noLock);
    const file = medium.open('', true);
    file.write(Buffer.from('abcdefgh'), 2);
    expect(fs.readFileSync(database, 'latin1')).toBe('\0\0abcdefgh');
    const target = new Uint8Array(12);
    expect([file.read(target, 1), Buffer.from(target).toString('latin1', 0, 9)]).toEqual([9, '\0abcdefgh']);
  });

  test('is closed before the guard, and the lock is released last, also when closing fails', async () => {
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

  test('is known to have moved when another one has its name', async () => {
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

  test('makes its folder durable at the first sync after it was created, and not again', () => {
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

  test('does without a durable folder where the system cannot sync one', () => {
    const faulty = new FaultyFs();
    const medium = new FilesystemMedium(faulty.fs, database, folder, noLock);
    const file = medium.open('', true);
    faulty.set({ at: 2, errno: 'EISDIR', lasting: false });
    expect(() => file.sync()).not.toThrow();
    expect(faulty.fired).toBe('openSync');
  });

  test('a journal has the permissions of its database', async () => {
    fs.writeFileSync(database, 'x', { mode: 0o600 });
    const medium = await open();
    medium.open('-journal', true);
    expect(fs.statSync(`${database}-journal`).mode & 0o777).toBe(0o600);
    await medium.close();
  });

  test('a journal that root creates belongs to the owner of the database', async (context) => {
    context.skip(process.getuid?.() !== 0, 'only root can give files away');
    fs.writeFileSync(database, 'x');
    fs.chownSync(database, 1234, 2345);
    const medium = await open();
    medium.open('-journal', true);
    expect(fs.statSync(`${database}-journal`)).toMatchObject({ uid: 1234, gid: 2345 });
    await medium.close();
  });

  test('is closed with its medium, also when nobody closed it before', async () => {
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

  test('that nobody wrote to is gone after the close', async () => {
    const medium = await open();
    medium.open('', true);
    expect(fs.readdirSync(folder).sort()).toEqual(['cl.sqlite', 'cl.sqlite.lock']);
    await medium.close();
    await medium.close();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('that was there and empty stays', async () => {
    fs.writeFileSync(database, '');
    const medium = await open();
    medium.open('', true);
    await medium.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });

  test.each(['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE'])('reports %s with the path and the cause', (errno) => {
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

describe('a place that is none', () => {
  const refused = async (name: string) => {
    const error: unknown = await open(name).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    return error as DatabaseUnavailable; // the line above saw to it
  };

  test('a folder that is missing is named', async () => {
    const error = await refused(path.join(folder, 'none', 'cl.sqlite'));
    expect(error.message).toContain(`the folder ${folder}/none does not exist`);
    expect(error.path).toBe(`${folder}/none/cl.sqlite`);
  });

  test('a folder is no database', async () => {
    expect((await refused(folder)).message).toContain('it is a folder');
  });

  test('a file is no folder', async () => {
    fs.writeFileSync(path.join(folder, 'file'), '');
    expect((await refused(path.join(folder, 'file', 'cl.sqlite'))).message).toContain('is not a folder');
  });

  test('a device is no database, and is not waited for', async () => {
    expect((await refused('/dev/null')).message).toContain('not a regular file');
  });

  const companions: readonly (readonly [string, (name: string) => void])[] = [
    ['pipe', (name) => execFileSync('mkfifo', [name])],
    ['link to a device', (name) => fs.symlinkSync('/dev/zero', name)],
    ['folder', (name) => fs.mkdirSync(name)],
  ];
  const places = ['-journal', '-wal', '-shm'].flatMap((kind) => companions.map((one) => [kind, ...one] as const));
  test.each(places)('a %s beside it that is a %s is not waited for, nor touched', async (kind, _what, make) => {
    fs.writeFileSync(database, '');
    make(database + kind);
    expect((await refused(database)).message).toContain(`${database}${kind} is not a regular file`);
    await expect(hostMedia.openReadOnly({ medium: 'filesystem', database, from: null })).rejects.toThrow(
      `${database}${kind} is not a regular file`,
    );
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite', `cl.sqlite${kind}`]);
  });

  test('a socket is no database', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => void server.listen(database, resolve));
    expect((await refused(database)).message).toContain('not a regular file');
    await new Promise((resolve) => void server.close(resolve));
  });

  test('a link to nothing is named with where it leads', async () => {
    fs.symlinkSync(path.join(folder, 'nowhere'), database);
    expect((await refused(database)).message).toContain(path.join(folder, 'nowhere'));
  });

  test('a NUL in the name is said', async () => {
    expect((await refused(`${database}\0`)).message).toContain('NUL');
  });

  test('a name that is too long is said', async () => {
    expect((await refused(path.join(folder, 'x'.repeat(300)))).message).toContain('too long');
  });

  test.each(['EACCES', 'EPERM', 'EROFS'])('%s says what must be writable', (errno) => {
    const faulty = new FaultyFs();
    const medium = new FilesystemMedium(faulty.fs, database, folder, noLock);
    faulty.set({ at: 1, errno, lasting: true });
    expect(() => medium.open('', true)).toThrow(DatabaseUnavailable);
    expect(() => medium.open('', true)).toThrow(new RegExp(`${database}.*${errno}.*writ`));
    if (errno === 'EROFS') expect(() => medium.open('', true)).toThrow('read_only');
  });

  test('leaves no lock and no file behind', async () => {
    await refused(path.join(folder, 'none', 'cl.sqlite'));
    await refused(folder);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('a medium that does not exist is refused with those that do', async () => {
    const config = { medium: 'floppy' as 'memory', database, from: null };
    await expect(hostMedia.open(config)).rejects.toBeInstanceOf(InvalidPersistence);
    await expect(hostMedia.open(config)).rejects.toThrow(/"floppy".*memory, filesystem/);
  });
});

describe('the name of a database', () => {
  test('may be relative to the working directory of the moment', async () => {
    const medium = await open(path.relative(process.cwd(), database));
    expect(medium.path).toBe(database);
    await medium.close();
  });

  test('leads through links to the one file that has the journal and the lock', async () => {
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
});

describe('the first content', () => {
  test('becomes the file', async () => {
    const medium = await open(database, bytes(1, 2, 3));
    expect(fs.readFileSync(database)).toEqual(Buffer.from([1, 2, 3]));
    await medium.close();
    expect(fs.readdirSync(folder)).toEqual(['cl.sqlite']);
  });

  test('that does not fit on the disk leaves nothing', () => {
    const faulty = new FaultyFs();
    faulty.set({ at: 2, errno: 'ENOSPC', lasting: true, torn: true, only: ['openSync', 'writeSync'] });
    expect(() => seed(faulty.fs, { path: database, folder }, bytes(1, 2, 3, 4))).toThrow(StorageFailure);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('touches no other file, whatever its name, also when it does not fit', async () => {
    for (const end of ['.new', '.part', '.tmp']) fs.writeFileSync(database + end, `mine${end}`);
    const faulty = new FaultyFs();
    faulty.set({ at: 2, errno: 'ENOSPC', lasting: true, torn: true, only: ['openSync', 'writeSync'] });
    expect(() => seed(faulty.fs, { path: database, folder }, bytes(1, 2, 3, 4))).toThrow(StorageFailure);
    const medium = await open(database, bytes(1));
    await medium.close();
    for (const end of ['.new', '.part', '.tmp']) expect(fs.readFileSync(database + end, 'latin1')).toBe(`mine${end}`);
  });

  test('may fill a file that is empty, for those alone who may see that', async () => {
    fs.writeFileSync(database, '', { mode: 0o600 });
    const medium = await open(database, bytes(1));
    await medium.close();
    expect(fs.readFileSync(database)).toEqual(Buffer.from([1]));
    expect(fs.statSync(database).mode & 0o777).toBe(0o600);
  });

  test.each(['', '-journal', '-wal'])('is refused where a database%s is, which stays as it is', async (kind) => {
    fs.writeFileSync(database + kind, 'something');
    await expect(open(database, bytes(1))).rejects.toBeInstanceOf(DatabaseExists);
    await expect(open(database, bytes(1))).rejects.toThrow(database + kind);
    expect(fs.readdirSync(folder)).toEqual([`cl.sqlite${kind}`]);
    expect(fs.readFileSync(database + kind, 'latin1')).toBe('something');
  });
});
