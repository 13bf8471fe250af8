/** A folder on this host, on Node, Deno and Bun. */
import { DuplicateEntry, StorageFull, VolumeBackendAPIException, VolumeDeviceNotFound } from '../../errors/index.ts';
import { lacksFolderSync, lacksHardLinks } from '../../file-system-limits.ts';
import { isAllowed, lacksPermission } from '../../runtime.ts';
import { copySparsely } from './sparse-copy.ts';
import { type VolumeFolder, volumeFileName } from './volume-folder.ts';

type Fs = typeof import('node:fs');

/** Partial copies left by a killed program are garbage; one modified within the last hour may still be in progress. */
const partial = /^\.(?:volume|snapshot)-[\w.+-]+\.part$/;
const abandonedAfter = 3_600_000;

/** What to do about the system's errors that users meet. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: ': permission denied. This user must be able to read and write the folder',
  ENOENT: ': no folder can be created there. Name another directory',
  ENOTDIR: ': it is a file, not a folder, or below a file. Name another directory',
  EROFS: ': the file system is read-only. Name another directory',
  EFBIG: ': the file would be larger than this file system, or a limit of the process (ulimit -f), allows',
};

export class HostFolder implements VolumeFolder {
  readonly isThin = true;
  readonly #fs: Fs;
  readonly #folder: string;
  readonly #join: (folder: string, name: string) => string;
  readonly #parentOf: (folder: string) => string;

  constructor(fs: Fs, path: typeof import('node:path'), folder: string) {
    this.#fs = fs;
    this.#folder = path.resolve(folder);
    this.#join = path.join;
    this.#parentOf = path.dirname;
  }

  async prepare(): Promise<void> {
    const { promises, constants } = this.#fs;
    await this.#guard(this.#folder, async () => {
      await this.#makeFolder(this.#folder);
      const names = await promises.readdir(this.#folder);
      // Deno's `access` needs a permission to learn the user id; without it, creating the first volume will tell.
      if (isAllowed({ name: 'sys', kind: 'uid' })) {
        await promises.access(this.#folder, constants.R_OK | constants.W_OK | constants.X_OK);
      }
      for (const name of names) if (partial.test(name)) await this.#sweep(this.path(name));
    });
  }

  /** Avoids `recursive`, with which Node 20 loops forever where no folder can be created, such as in `/proc`. */
  async #makeFolder(folder: string): Promise<void> {
    const isMissing = await this.#fs.promises.mkdir(folder).then(
      () => false,
      (error: unknown) => {
        const code = codeOf(error);
        // If the path exists but is not a folder, reading it will fail later.
        if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
        return code === 'ENOENT';
      },
    );
    if (!isMissing) return;
    await this.#makeFolder(this.#parentOf(folder));
    // Another program may have created it meanwhile.
    await this.#fs.promises.mkdir(folder).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  }

  async create(name: string, bytes: number): Promise<void> {
    await this.#make(name, async (path) => {
      const file = await this.#fs.promises.open(path, 'w');
      try {
        await file.truncate(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    });
  }

  async copy(from: string, to: string, bytes: number): Promise<void> {
    if ((await this.size(from)) === null) throw new VolumeDeviceNotFound(this.path(from));
    await this.#make(to, (path) => copySparsely(this.#fs, this.path(from), path, bytes));
  }

  async grow(name: string, bytes: number): Promise<void> {
    await this.#guard(name, async () => {
      const file = await this.#fs.promises.open(this.path(name), 'r+');
      try {
        await file.truncate(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    });
  }

  async remove(name: string): Promise<void> {
    await this.#guard(name, async () => {
      await this.#fs.promises.rm(this.path(name), { force: true });
      await this.#syncFolder();
    });
  }

  async size(name: string): Promise<number | null> {
    try {
      return (await this.#fs.promises.stat(this.path(name))).size;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw this.#explained(name, error);
    }
  }

  async sizes(): Promise<ReadonlyMap<string, number>> {
    return this.#guard(this.#folder, async () => {
      const sizes = new Map<string, number>();
      for (const name of await this.#fs.promises.readdir(this.#folder)) {
        const size = volumeFileName.test(name) ? await this.size(name) : null;
        if (size !== null) sizes.set(name, size);
      }
      return sizes;
    });
  }

  async capacity(): Promise<{ readonly total: number; readonly free: number } | null> {
    if (!isAllowed({ name: 'sys', kind: 'statfs' })) return null;
    return this.#guard(this.#folder, async () => {
      const { bsize, blocks, bavail } = await this.#fs.promises.statfs(this.#folder);
      return { total: bsize * blocks, free: bsize * bavail };
    });
  }

  path(name: string): string {
    return this.#join(this.#folder, name);
  }

  /** Writes the file under a temporary name first, so that no partial file is ever seen, even after a power cut. */
  async #make(name: string, fill: (path: string) => Promise<void>): Promise<void> {
    const { promises } = this.#fs;
    // Concurrent creations of the same volume each write a file of their own.
    const part = this.path(`.${name}.${crypto.randomUUID()}.part`);
    await this.#guard(name, async () => {
      // The slower one finds the other's file, here or when linking.
      if ((await this.size(name)) !== null) throw new DuplicateEntry(`${this.path(name)} already exists.`);
      try {
        await fill(part);
        await this.#publish(part, this.path(name));
      } finally {
        await promises.rm(part, { force: true });
      }
      await this.#syncFolder();
    });
  }

  /** Links the file, which unlike renaming never replaces another; renames where there are no links, as on FAT. */
  async #publish(part: string, path: string): Promise<void> {
    try {
      await this.#fs.promises.link(part, path);
    } catch (error) {
      if (!lacksHardLinks(codeOf(error))) throw error;
      await this.#fs.promises.rename(part, path);
    }
  }

  /**
   * Makes the folder entry durable, where the system can: syncing the file alone does not protect it from a power cut.
   * Elsewhere the file has been created or removed all the same, and an error would say that it has not.
   */
  async #syncFolder(): Promise<void> {
    try {
      const folder = await this.#fs.promises.open(this.#folder, 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    } catch (error) {
      if (!lacksFolderSync(codeOf(error))) throw error;
    }
  }

  async #sweep(path: string): Promise<void> {
    try {
      const { mtimeMs } = await this.#fs.promises.stat(path);
      if (Date.now() - mtimeMs > abandonedAfter) await this.#fs.promises.rm(path, { force: true });
    } catch (error) {
      // Its creator has finished meanwhile.
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }

  async #guard<T>(name: string, task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      throw this.#explained(name, error);
    }
  }

  /** Converts a system error to one of ours; other errors are returned unchanged. */
  #explained(name: string, error: unknown): unknown {
    const code = codeOf(error);
    const isFolder = name === this.#folder;
    const path = isFolder ? name : this.path(name);
    switch (code) {
      case undefined:
        if (!isRefusal(error)) return error;
        return new VolumeBackendAPIException(`May not use ${path}: ${error.message}.`, { cause: error });
      case 'ENOSPC':
      case 'EDQUOT':
        return new StorageFull(this.#folder, `There is no space for ${path} (${code}).`, { cause: error });
      case 'EEXIST':
        return new DuplicateEntry(`${path} already exists.`, { cause: error });
      case 'ENOENT':
        if (!isFolder) return new VolumeDeviceNotFound(path);
        break;
    }
    const why = reasons[code] ?? '';
    return new VolumeBackendAPIException(`The file system refused ${path} (${code})${why}.`, { cause: error });
  }
}

/** Whether a permission is missing that the runtime itself asks for: `deno --allow-write`, `node --permission`. */
function isRefusal(error: unknown): error is Error {
  return lacksPermission(error) || (error instanceof Error && Reflect.get(error, 'code') === 'ERR_ACCESS_DENIED');
}

function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  // Our own errors have a `code` too.
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}
