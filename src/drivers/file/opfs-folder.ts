/**
 * A folder in the origin private file system, in browsers. This thread lists and removes files; a worker creates and
 * extends them. A file gets its name once it is complete, so that no partial file is ever seen.
 */
import {
  DuplicateEntry,
  MissingDependency,
  StorageFull,
  VolumeBackendAPIException,
  VolumeDeviceNotFound,
  VolumeIsBusy,
} from '../../errors/index.ts';
import { hasWorkers, privateFiles, storageEstimate } from '../../runtime.ts';
import { Turns } from '../../turns.ts';
import type { FileTask } from './file-task.ts';
import { fileTask } from './opfs-worker.ts';
import { type VolumeFolder, volumeFileName } from './volume-folder.ts';

export class OpfsFolder implements VolumeFolder {
  /** Holes take no space on the disk, but browsers count the nominal sizes of files. */
  readonly isThin = false;
  readonly #path: readonly string[];
  #handle: FileSystemDirectoryHandle | null = null;
  /** One worker at a time is enough to keep the disk busy. */
  readonly #turns = new Turns();

  constructor(folder: string) {
    this.#path = folder.split('/').filter((part) => part !== '' && part !== '.');
  }

  async prepare(): Promise<void> {
    const root = privateFiles();
    if (root === undefined || !hasWorkers()) throw withoutFiles();
    await this.#ask(this.#path.at(-1) ?? '', { kind: 'prepare' });
    let folder = await root();
    for (const part of this.#path) folder = await folder.getDirectoryHandle(part);
    this.#handle = folder;
  }

  async create(name: string, bytes: number): Promise<void> {
    await this.#ask(name, { kind: 'make', name, from: null, bytes });
  }

  async copy(from: string, to: string, bytes: number): Promise<void> {
    if ((await this.size(from)) === null) throw new VolumeDeviceNotFound(this.path(from));
    await this.#ask(to, { kind: 'make', name: to, from, bytes });
  }

  async grow(name: string, bytes: number): Promise<void> {
    await this.#ask(name, { kind: 'grow', name, bytes });
  }

  async remove(name: string): Promise<void> {
    if ((await this.size(name)) === null) return;
    try {
      await this.#open().removeEntry(name);
    } catch (error) {
      throw this.#explained(name, error);
    }
  }

  async size(name: string): Promise<number | null> {
    try {
      const handle = await this.#open().getFileHandle(name);
      return (await handle.getFile()).size;
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotFoundError') return null;
      throw this.#explained(name, error);
    }
  }

  async sizes(): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    for await (const name of this.#open().keys()) {
      const size = volumeFileName.test(name) ? await this.size(name) : null;
      if (size !== null) sizes.set(name, size);
    }
    return sizes;
  }

  async capacity(): Promise<{ readonly total: number; readonly free: number } | null> {
    const { quota, usage } = await storageEstimate();
    if (quota === undefined) return null;
    return { total: quota, free: Math.max(0, quota - (usage ?? 0)) };
  }

  path(name: string): string {
    return `opfs:/${[...this.#path, name].join('/')}`;
  }

  /** Has a worker perform a task, after the previous ones. */
  async #ask(name: string, task: FileTask): Promise<void> {
    try {
      await this.#turns.run(() => fileTask({ path: this.#path, task }));
    } catch (error) {
      // Only we use the file being created; it is its source that others may be using.
      const used = task.kind === 'make' ? (task.from ?? name) : name;
      throw this.#explained(name, error, used);
    }
  }

  #open(): FileSystemDirectoryHandle {
    if (this.#handle !== null) return this.#handle;
    throw new VolumeBackendAPIException(`The folder ${this.path('')} is not open: doSetup() opens it.`);
  }

  /** Converts a browser error to one of ours; other errors are returned unchanged. */
  #explained(name: string, error: unknown, used: string = name): unknown {
    if (!(error instanceof DOMException)) return error;
    const cause = { cause: error };
    switch (error.name) {
      case 'QuotaExceededError':
        return new StorageFull(this.#path.join('/'), `The browser grants no more space for ${this.path(name)}.`, cause);
      case 'NotFoundError':
        return new VolumeDeviceNotFound(this.path(name));
      case 'InvalidModificationError':
        return new DuplicateEntry(`${this.path(name)} already exists.`, cause);
      case 'NoModificationAllowedError':
        return new VolumeIsBusy(used, 'is open in another tab or worker of this site: close it there first.');
      case 'NotSupportedError':
        return withoutFiles(cause);
      default:
        return new VolumeBackendAPIException(
          `The browser refused ${this.path(name)} (${error.name}: ${error.message}).`,
          cause,
        );
    }
  }
}

function withoutFiles(options?: ErrorOptions): MissingDependency {
  return new MissingDependency(
    'OPFS',
    'The file driver needs Node, Deno or Bun, or a browser with a private file system (OPFS) whose workers have ' +
      'synchronous access handles, on a page with a secure origin that can start workers.',
    options,
  );
}
