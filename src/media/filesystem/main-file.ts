/** The database file as SQLite uses it: it stays open when SQLite closes it, for when SQLite opens it again. */
import type { MediumFile } from '../medium.ts';
import type { DiskFile } from './disk-file.ts';

export class MainFile implements MediumFile {
  readonly file: DiskFile;
  #written: boolean;

  /** @param written whether its content comes from here */
  constructor(file: DiskFile, written: boolean) {
    this.file = file;
    this.#written = written;
  }

  /** Whether anything in it may come from here. */
  get written(): boolean {
    return this.#written;
  }

  read(target: Uint8Array, offset: number): number {
    return this.file.read(target, offset);
  }

  write(source: Uint8Array, offset: number): void {
    this.#written = true;
    this.file.write(source, offset);
  }

  truncate(size: number): void {
    this.file.truncate(size);
  }

  sync(): void {
    this.file.sync();
  }

  size(): number {
    return this.file.size();
  }

  moved(): boolean {
    return this.file.moved();
  }

  /** The medium closes it in the end. */
  close(): void {}
}
