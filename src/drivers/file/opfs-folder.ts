/**
 * A folder of the origin's private file system, in browsers: the asynchronous half of its interface, which the
 * main thread has. A change is written beside the file and takes its place when it is closed, so that nobody
 * ever finds half of one.
 */
import {
  DuplicateEntry,
  MissingDependency,
  StorageFull,
  VolumeBackendAPIException,
  VolumeDeviceNotFound,
} from '../../errors/index.ts';
import { privateFiles, storageEstimate } from '../../runtime.ts';
import { type FilePlace, ofVolumes } from './place.ts';

/** What is copied at once. */
const chunk = 4 << 20;

export class OpfsFolder implements FilePlace {
  readonly #folder: string;
  #handle: FileSystemDirectoryHandle | null = null;

  constructor(folder: string) {
    this.#folder = folder
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/');
  }

  async prepare(): Promise<void> {
    const files = privateFiles();
    if (files === undefined || !('createWritable' in FileSystemFileHandle.prototype)) {
      throw new MissingDependency(
        'OPFS',
        'The file driver needs Node, Deno or Bun, or a browser with a private file system (OPFS) that can be ' +
          'written to, on a page of a secure origin.',
      );
    }
    let folder = await files();
    for (const part of this.#folder.split('/').filter((name) => name !== '')) {
      folder = await this.#guard(part, () => folder.getDirectoryHandle(part, { create: true }));
    }
    this.#handle = folder;
  }

  async create(name: string, bytes: number): Promise<void> {
    await this.#make(name, (writable) => writable.truncate(bytes));
  }

  async copy(from: string, to: string, bytes: number): Promise<void> {
    const file = await this.#file(from);
    if (file === null) throw new VolumeDeviceNotFound(this.path(from));
    await this.#make(to, async (writable) => {
      for (let at = 0; at < file.size; at += chunk) {
        const data = new Uint8Array(await file.slice(at, at + chunk).arrayBuffer());
        if (data.some((byte) => byte !== 0)) await writable.write({ type: 'write', position: at, data });
      }
      await writable.truncate(bytes);
    });
  }

  async grow(name: string, bytes: number): Promise<void> {
    await this.#guard(name, async () => {
      const handle = await this.#open().getFileHandle(name);
      const writable = await handle.createWritable({ keepExistingData: true });
      await closing(writable, () => writable.truncate(bytes));
    });
  }

  async remove(name: string): Promise<void> {
    if ((await this.size(name)) === null) return;
    await this.#guard(name, () => this.#open().removeEntry(name));
  }

  async size(name: string): Promise<number | null> {
    return (await this.#file(name))?.size ?? null;
  }

  async sizes(): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    for await (const name of this.#open().keys()) {
      const size = ofVolumes.test(name) ? await this.size(name) : null;
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
    return `opfs:/${this.#folder === '' ? '' : `${this.#folder}/`}${name}`;
  }

  async #make(name: string, fill: (writable: FileSystemWritableFileStream) => Promise<void>): Promise<void> {
    if ((await this.size(name)) !== null) throw new DuplicateEntry(`${this.path(name)} exists already.`);
    await this.#guard(name, async () => {
      const folder = this.#open();
      const handle = await folder.getFileHandle(name, { create: true });
      try {
        const writable = await handle.createWritable();
        await closing(writable, () => fill(writable));
      } catch (error) {
        await folder.removeEntry(name).catch(() => {}); // The first error is the reason.
        throw error;
      }
    });
  }

  async #file(name: string): Promise<File | null> {
    try {
      const handle = await this.#open().getFileHandle(name);
      return await handle.getFile();
    } catch (error) {
      if (nameOf(error) === 'NotFoundError') return null;
      throw this.#explained(name, error);
    }
  }

  #open(): FileSystemDirectoryHandle {
    if (this.#handle !== null) return this.#handle;
    throw new VolumeBackendAPIException(`The folder ${this.#folder} is not open: doSetup() opens it.`);
  }

  async #guard<T>(name: string, task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      throw this.#explained(name, error);
    }
  }

  #explained(name: string, error: unknown): unknown {
    if (!(error instanceof DOMException)) return error;
    if (error.name === 'QuotaExceededError') {
      return new StorageFull(this.#folder, `The browser gives no more room for ${this.path(name)}.`, { cause: error });
    }
    if (error.name === 'NotFoundError') return new VolumeDeviceNotFound(this.path(name));
    return new VolumeBackendAPIException(`The browser refused ${this.path(name)} (${error.name}).`, { cause: error });
  }
}

/** Runs the task and closes the stream, which makes the change; or drops the change. */
async function closing(writable: FileSystemWritableFileStream, task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    await writable.abort().catch(() => {}); // The first error is the reason.
    throw error;
  }
  await writable.close();
}

function nameOf(error: unknown): string | null {
  return error instanceof DOMException ? error.name : null;
}
