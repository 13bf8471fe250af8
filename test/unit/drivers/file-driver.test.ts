/** Volumes in files: the space that they take, the requests that are refused, and what remains after a failure. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path, { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filledParts } from '../../../src/drivers/file/filled-parts.ts';
import { HostFolder } from '../../../src/drivers/file/host-folder.ts';
import { copySparsely } from '../../../src/drivers/file/sparse-copy.ts';
import type { Backend } from '../../../src/objects/backend.ts';
import { setup } from '../../../src/setup.ts';
import { driverSnapshot, driverVolume } from './objects.ts';

const gibibyte = 1024 ** 3;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'volumes-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function files(more: Record<string, unknown> = {}): Promise<Backend> {
  const cl = await setup({ host: 'h' });
  const volume_driver = 'cinderlib_wasm.drivers.FileVolumeDriver';
  return cl.backend({ volume_backend_name: 'files', volume_driver, directory, ...more });
}

/** The size of the file on the disk, according to a program of the system. */
const kibibytes = (name: string): number =>
  Number(execFileSync('du', ['-k', join(directory, name)], { encoding: 'utf8' }).split('\t')[0]);

describe('the file driver', () => {
  it('creates sparse files for volumes and snapshots', async () => {
    const backend = await files();
    const volume = await backend.createVolume(3);
    const name = `volume-${volume.id}`;
    expect((await stat(join(directory, name))).size).toBe(3 * gibibyte);
    expect(kibibytes(name)).toBeLessThan(16);
    const file = await open(join(directory, name), 'r+');
    await file.write(new Uint8Array(1 << 20).fill(1), 0, 1 << 20, 2 * gibibyte);
    await file.close();
    const snapshot = await volume.createSnapshot();
    expect(kibibytes(`snapshot-${snapshot.id}`)).toBeLessThan(1100);
  });

  it('reports its capacity correctly', async () => {
    const backend = await files({ reserved_percentage: '5', max_over_subscription_ratio: 4 });
    const volume = await backend.createVolume(2);
    await volume.createSnapshot();
    const { pools } = await backend.stats({ refresh: true });
    const { bsize, blocks } = await statfs(directory);
    expect(pools).toMatchObject([
      {
        pool_name: 'files',
        total_capacity_gb: Number(((bsize * blocks) / gibibyte).toFixed(2)),
        provisioned_capacity_gb: 4,
        total_volumes: 2,
        reserved_percentage: 5,
        max_over_subscription_ratio: '4',
        thin_provisioning_support: true,
      },
    ]);
    const free =
      Number(execFileSync('df', ['-k', '--output=avail', directory], { encoding: 'utf8' }).split('\n')[1]) / 1024 ** 2;
    // Other programs write to the disk too.
    expect(Math.abs(Number(Reflect.get((pools as object[])[0] ?? {}, 'free_capacity_gb')) - free)).toBeLessThan(5);
  });

  it('attaches a volume by its path, and extends it while it is attached', async () => {
    const backend = await files();
    const volume = await backend.createVolume(1);
    const connection = await volume.attach();
    expect(connection.path).toBe(join(directory, `volume-${volume.id}`));
    expect(connection.device).toMatchObject({ type: 'file' });
    expect(await volume.extend(2)).toBe(2 * gibibyte);
    await volume.detach();
    expect(volume.status).toBe('available');
  });

  it('fails on a volume whose file is missing', async () => {
    const volume = await (await files()).createVolume(1);
    await rm(join(directory, `volume-${volume.id}`));
    await expect(volume.attach()).rejects.toMatchObject({ name: 'VolumeDeviceNotFound', resource: volume });
    await expect(volume.createSnapshot()).rejects.toMatchObject({ name: 'VolumeDeviceNotFound' });
    await expect(volume.clone()).rejects.toMatchObject({ name: 'VolumeDeviceNotFound' });
    await expect(volume.extend(2)).rejects.toMatchObject({ name: 'VolumeDeviceNotFound' });
    expect(await readdir(directory)).toStrictEqual([]);
  });

  it('refuses to delete a connected volume', async () => {
    const volume = await (await files()).createVolume(1);
    const connection = await volume.connect({ host: 'h' });
    await expect(volume.delete()).rejects.toMatchObject({ name: 'VolumeIsBusy', resource: volume });
    expect([volume.status, await readdir(directory)]).toStrictEqual(['error_deleting', [`volume-${volume.id}`]]);
    await volume.disconnect(connection);
    await volume.delete();
    expect(await readdir(directory)).toStrictEqual([]);
  });

  it('refuses to make volumes or copies smaller', async () => {
    const volume = await (await files()).createVolume(2);
    const snapshot = await volume.createSnapshot();
    for (const smaller of [
      () => volume.clone({ size: 1 }),
      () => snapshot.createVolume({ size: 1 }),
      () => volume.extend(1),
    ]) {
      await expect(smaller()).rejects.toMatchObject({ name: 'InvalidVolume' });
    }
    expect((await readdir(directory)).length).toBe(2);
  });

  it('refuses sizes beyond the limits of files', async () => {
    const backend = await files();
    await expect(backend.createVolume(9_000_000)).rejects.toMatchObject({ name: 'ValueError', code: 'VALUE_ERROR' });
    const volume = await backend.createVolume(1);
    for (const attempt of [() => volume.clone({ size: 99_999_999 }), () => volume.extend(99_999_999)]) {
      await expect(attempt()).rejects.toMatchObject({ name: 'ValueError', message: expect.stringMatching(/99999999/) });
    }
    expect(await readdir(directory)).toStrictEqual([`volume-${volume.id}`]);
  });

  it.each(['../outside', 'a/b', '', 'x'.repeat(200), 'a\0b'])(
    'refuses the id %o, which is no valid file name',
    async (id) => {
      const { driver } = await files();
      for (const attempt of [
        () => driver.createVolume(driverVolume(id)),
        () => driver.deleteVolume(driverVolume(id)),
        () => driver.deleteSnapshot(driverSnapshot(id, 'v1')),
        () => driver.createSnapshot(driverSnapshot('s1', id)),
      ]) {
        await expect((async () => attempt())()).rejects.toMatchObject({ name: 'InvalidVolume' });
      }
    },
  );

  it('does not overwrite an existing file', async () => {
    const id = 'b4b4b4b4-0000-4000-8000-000000000000';
    await writeFile(join(directory, `volume-${id}`), 'precious');
    const creating = (await files()).createVolume(1, { id });
    await expect(creating).rejects.toMatchObject({ name: 'DuplicateEntry' });
    expect(await readFile(join(directory, `volume-${id}`), 'utf8')).toBe('precious');
  });

  it('requires its directory, and reports a file in its place', async () => {
    await expect(files({ directory: undefined })).rejects.toThrow(
      'The option directory of the volume driver FileVolumeDriver is missing',
    );
    const dir = directory;
    for (const other of [{ dir }, { directory: null, volumes_dir: dir }, { directory: '', path: dir }]) {
      const name = Object.keys(other).at(-1);
      await expect(files({ directory: undefined, ...other })).rejects.toThrow(
        `The volume driver FileVolumeDriver has no option ${name}. Did you mean directory?`,
      );
    }
    // Another option of Cinder's, beside the one that is needed.
    await files({ volumes_dir: dir });
    await writeFile(join(directory, 'file'), '');
    await expect(files({ directory: join(directory, 'file') })).rejects.toMatchObject({
      name: 'VolumeBackendAPIException',
      message: expect.stringMatching(/file \(ENOTDIR\): it is a file, not a folder, .*Name another directory\.$/),
      cause: { code: 'ENOTDIR' },
    });
  });
});

describe('HostFolder', () => {
  /** The folder on a file system where one call fails. */
  const failing = (call: 'link' | 'open', code: string): HostFolder => {
    const fail = (): never => {
      throw Object.assign(new Error(code), { code });
    };
    const promises = { ...fs.promises, [call]: fail };
    return new HostFolder({ ...fs, promises }, path, directory);
  };

  it.each<['link' | 'open', string, string]>([
    ['open', 'ENOSPC', 'StorageFull'],
    ['link', 'EDQUOT', 'StorageFull'],
    ['link', 'EIO', 'VolumeBackendAPIException'],
    // The size of a file has a limit of its own, however much space there is.
    ['open', 'EFBIG', 'VolumeBackendAPIException'],
  ])('leaves nothing behind if %s fails with %s', async (call, code, name) => {
    const folder = failing(call, code);
    const message = code === 'EFBIG' ? /larger than this file system/ : /volume-1/;
    await expect(folder.create('volume-1', 4096)).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
    expect(await readdir(directory)).toStrictEqual([]);
  });

  it('lets one of two concurrent copies to the same name succeed, whole', async () => {
    await Promise.all(['a', 'b'].map((content) => writeFile(join(directory, `volume-${content}`), content)));
    const folder = (beforeLink: () => Promise<unknown>): HostFolder => {
      const link: typeof fs.promises.link = async (from, to) => {
        await beforeLink();
        await fs.promises.link(from, to);
      };
      return new HostFolder({ ...fs, promises: { ...fs.promises, link } }, path, directory);
    };
    // Both copies are filled before either gets its name.
    let second: Promise<void> = Promise.resolve();
    const first = folder(async () => {
      const otherIsFilled = new Promise<void>((resolve) => {
        second = folder(async () => {
          resolve();
          await first;
        }).copy('volume-b', 'volume-c', 1);
      });
      await otherIsFilled;
    }).copy('volume-a', 'volume-c', 1);
    await first;
    await expect(second).rejects.toMatchObject({ name: 'DuplicateEntry' });
    expect(await readFile(join(directory, 'volume-c'), 'utf8')).toBe('a');
    expect((await readdir(directory)).sort()).toStrictEqual(['volume-a', 'volume-b', 'volume-c']);
  });

  it('prepares a folder in which another program is just finishing a file', async () => {
    await writeFile(join(directory, '.volume-c.part'), '');
    const promises = {
      ...fs.promises,
      async stat(name: string) {
        await rm(name);
        return stat(name);
      },
    };
    // Only this form of stat() is called.
    await new HostFolder({ ...fs, promises: promises as typeof fs.promises }, path, directory).prepare();
    expect(await readdir(directory)).toStrictEqual([]);
  });

  it('creates missing parent folders, and fails if it cannot or finds a file', async () => {
    const deep = join(directory, 'a', 'b', 'c');
    await Promise.all([0, 1].map(() => new HostFolder(fs, path, deep).prepare()));
    expect((await stat(deep)).isDirectory()).toBe(true);
    await writeFile(join(directory, 'file'), '');
    for (const [none, why] of [
      ['/proc/none/volumes', 'no folder can be created there'],
      [join(directory, 'file'), 'it is a file, not a folder'],
      [join(directory, 'file', 'volumes'), 'below a file'],
    ] as const) {
      await expect(new HostFolder(fs, path, none).prepare()).rejects.toMatchObject({
        name: 'VolumeBackendAPIException',
        message: expect.stringContaining(why),
      });
    }
  });

  it.each([
    ['Deno', { name: 'NotCapable' }, 'Requires write access to "volumes", run again with the --allow-write flag'],
    ['Node', { code: 'ERR_ACCESS_DENIED' }, 'Access to this API has been restricted'],
  ])('names the folder and the reason if %s does not permit to use it', async (_runtime, marks, message) => {
    const mkdir = () => Promise.reject(Object.assign(new Error(message), marks));
    const promises = { ...fs.promises, mkdir } as typeof fs.promises; // it is only awaited
    await expect(new HostFolder({ ...fs, promises }, path, directory).prepare()).rejects.toMatchObject({
      name: 'VolumeBackendAPIException',
      message: expect.stringMatching(new RegExp(`${directory}.*${message}`)),
    });
  });

  it.each(['EPERM', 'EACCES', 'EISDIR', 'EMLINK', 'EXDEV'])(
    'creates files without hard links if the system has none (%s)',
    async (code) => {
      await failing('link', code).create('volume-1', 4096);
      expect(await readdir(directory)).toStrictEqual(['volume-1']);
    },
  );

  /** The folder on a file system where opening or syncing a folder fails. */
  const withoutFolderSync = (call: 'open' | 'sync', code: string): HostFolder => {
    const fail = (): never => {
      throw Object.assign(new Error(code), { code });
    };
    const open: typeof fs.promises.open = async (name, ...more) => {
      if (name === directory && call === 'open') fail();
      const file = await fs.promises.open(name, ...more);
      return name === directory ? Object.assign(file, { sync: fail }) : file;
    };
    return new HostFolder({ ...fs, promises: { ...fs.promises, open } }, path, directory);
  };

  it.each<['open' | 'sync', string]>([
    ['open', 'EISDIR'],
    ['open', 'EACCES'],
    ['sync', 'EPERM'],
    ['sync', 'EINVAL'],
  ])('creates, copies and removes files if the system cannot %s folders (%s)', async (call, code) => {
    const folder = withoutFolderSync(call, code);
    await folder.create('volume-1', 4096);
    await folder.copy('volume-1', 'volume-2', 4096);
    expect((await readdir(directory)).sort()).toStrictEqual(['volume-1', 'volume-2']);
    for (const name of ['volume-1', 'volume-2']) await folder.remove(name);
    expect(await readdir(directory)).toStrictEqual([]);
  });

  it('reports a disk that fails while the folder is synced', async () => {
    await writeFile(join(directory, 'volume-1'), '');
    await expect(withoutFolderSync('sync', 'EIO').remove('volume-1')).rejects.toMatchObject({
      name: 'VolumeBackendAPIException',
      cause: { code: 'EIO' },
    });
  });

  it('removes stale partial copies, but no recent or unrelated files', async () => {
    const names = ['.volume-old.part', '.volume-new.part', '.other.part'];
    for (const name of names) await writeFile(join(directory, name), '');
    const longAgo = new Date(Date.now() - 7_200_000);
    await utimes(join(directory, '.volume-old.part'), longAgo, longAgo);
    await utimes(join(directory, '.other.part'), longAgo, longAgo);
    await new HostFolder(fs, path, directory).prepare();
    expect((await readdir(directory)).sort()).toStrictEqual(['.other.part', '.volume-new.part']);
  });
});

describe('copySparsely()', () => {
  it.each(['with', 'without'])('copies data and skips zeros, %s the program cp', async (program) => {
    const { PATH } = process.env;
    const [from, to] = [join(directory, 'from'), join(directory, 'to')];
    const bytes = new Uint8Array(9_000_001);
    for (const at of [0, 3_000_000, 9_000_000]) bytes[at] = 7;
    await writeFile(from, bytes);
    if (program === 'without') process.env['PATH'] = directory;
    try {
      await copySparsely(fs, from, to, 10_000_000);
    } finally {
      process.env['PATH'] = PATH;
    }
    const copy = await readFile(to);
    expect(copy.length).toBe(10_000_000);
    expect(copy.subarray(0, bytes.length).equals(bytes)).toBe(true);
    expect(copy.subarray(bytes.length).every((byte) => byte === 0)).toBe(true);
    expect(kibibytes('to')).toBeLessThan(100);
  });
});

describe('filledParts()', () => {
  it('yields the runs of blocks that hold data', () => {
    const bytes = new Uint8Array(5 * 4096 + 100);
    expect([...filledParts(bytes)]).toStrictEqual([]);
    bytes[4095] = 1;
    bytes[2 * 4096] = 1;
    bytes[4 * 4096 - 1] = 1;
    bytes[5 * 4096 + 99] = 1;
    expect([...filledParts(bytes)]).toStrictEqual([
      [0, 4096],
      [2 * 4096, 4 * 4096],
      [5 * 4096, 5 * 4096 + 100],
    ]);
  });
});
