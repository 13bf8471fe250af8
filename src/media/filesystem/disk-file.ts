/** One open file of a database on disk. */
import { lacksFolderSync } from '../../file-system-limits.ts';
import type { MediumFile } from '../medium.ts';
import { errnoOf, storageFailure } from './failure.ts';
import { type FileState, measure } from './file-state.ts';

export type FileSystem = typeof import('node:fs');

export class DiskFile implements MediumFile {
  readonly descriptor: number;
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #device: bigint;
  readonly #inode: bigint;
  /** The folder to sync together with the file, while the folder's new entry may not be durable yet. */
  #newIn: string | null;
  #open = true;

  /** @param newIn the folder when the file was just created in it, else null */
  constructor(fs: FileSystem, path: string, descriptor: number, newIn: string | null) {
    this.#fs = fs;
    this.#path = path;
    this.descriptor = descriptor;
    this.#newIn = newIn;
    const { dev, ino } = fs.fstatSync(descriptor, { bigint: true });
    this.#device = dev;
    this.#inode = ino;
  }

  read(target: Uint8Array, offset: number): number {
    try {
      let done = 0;
      while (done < target.length) {
        const count = this.#fs.readSync(this.descriptor, target, done, target.length - done, offset + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    } catch (error) {
      throw storageFailure('read', this.#path, error);
    }
  }

  write(source: Uint8Array, offset: number): void {
    try {
      // A disk that fills up accepts the first part, and refuses the rest in the next call.
      for (let done = 0; done < source.length; ) {
        done += this.#fs.writeSync(this.descriptor, source, done, source.length - done, offset + done);
      }
    } catch (error) {
      throw storageFailure('write', this.#path, error);
    }
  }

  truncate(size: number): void {
    try {
      this.#fs.ftruncateSync(this.descriptor, size);
    } catch (error) {
      throw storageFailure('truncate', this.#path, error);
    }
  }

  sync(): void {
    try {
      // As in SQLite's own VFS: syncs data and size, but not the times, which recovery does not need.
      this.#fs.fdatasyncSync(this.descriptor);
      if (this.#newIn !== null) {
        syncFolder(this.#fs, this.#newIn);
        this.#newIn = null;
      }
    } catch (error) {
      throw storageFailure('sync', this.#path, error);
    }
  }

  size(): number {
    try {
      return this.#fs.fstatSync(this.descriptor).size;
    } catch (error) {
      throw storageFailure('measure', this.#path, error);
    }
  }

  moved(): boolean {
    try {
      const there = this.#fs.statSync(this.#path, { bigint: true, throwIfNoEntry: false });
      return there === undefined || there.ino !== this.#inode || there.dev !== this.#device;
    } catch (error) {
      throw storageFailure('stat', this.#path, error);
    }
  }

  state(): FileState {
    try {
      return measure(this.#fs, this.descriptor);
    } catch (error) {
      throw storageFailure('measure', this.#path, error);
    }
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Idempotent: the number of a closed descriptor is soon reused for another file. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      this.#fs.closeSync(this.descriptor);
    } catch (error) {
      throw storageFailure('close', this.#path, error);
    }
  }
}

/** Makes the names in a folder survive a power cut, where the system can. */
export function syncFolder(fs: FileSystem, folder: string): void {
  let descriptor: number | null = null;
  try {
    descriptor = fs.openSync(folder, 'r');
    fs.fsyncSync(descriptor);
  } catch (error) {
    if (!lacksFolderSync(errnoOf(error))) throw error;
  } finally {
    if (descriptor !== null) fs.closeSync(descriptor);
  }
}
