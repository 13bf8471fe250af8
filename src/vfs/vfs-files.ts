/**
 * The methods of our open files, as SQLite calls them (`sqlite3_io_methods`, version 1).
 *
 * Each returns a result code and never throws: an exception would unwind SQLite's own frames and
 * leave its structures half changed.
 */
import { DatabaseChanged } from '../errors/index.ts';
import { LockLevel } from '../media/locks/lock-level.ts';
import type { FileKind, MediumFile } from '../media/medium.ts';
import { Code, controlHasMoved, powersafeOverwrite } from './codes.ts';
import type { Sqlite } from './engine.ts';
import { FileLocks } from './file-locks.ts';
import type { Heap } from './heap.ts';
import { ioMethods, mismatch } from './layout.ts';
import type { Mount } from './mount.ts';

/** The unit in which today's disks write, in bytes. */
const sectorSize = 4096;

interface OpenFile {
  readonly file: MediumFile;
  readonly kind: FileKind;
  readonly mount: Mount;
  readonly locks: FileLocks;
  /** Set from when the file is truncated to zero until it is written again. */
  emptied: boolean;
}

export class VfsFiles {
  /** The address of the `sqlite3_io_methods` that our files point to. */
  readonly methods: number;
  readonly #heap: Heap;
  /** By the address of the `sqlite3_file`. */
  readonly #files = new Map<number, OpenFile>();

  constructor(sqlite: Sqlite, heap: Heap) {
    this.#heap = heap;
    this.methods = sqlite.malloc(4 * (1 + ioMethods.length));
    heap.setWord(this.methods, 1);
    const functions = this.#functions();
    for (const [index, name] of ioMethods.entries()) {
      const [signature, method] = functions[name];
      heap.setWord(this.methods + 4 * (index + 1), sqlite.addFunction(method, signature));
    }
  }

  add(pointer: number, file: MediumFile, kind: FileKind, mount: Mount): void {
    this.#files.set(pointer, { file, kind, mount, locks: new FileLocks(mount), emptied: false });
    if (kind === '') mount.main = file;
  }

  closeAll(): void {
    for (const pointer of this.#files.keys()) this.#close(pointer);
  }

  #functions(): Record<(typeof ioMethods)[number], [signature: string, (...parameters: never[]) => number]> {
    return {
      xClose: ['ii', (pointer: number) => this.#close(pointer)],
      xRead: [
        'iiiij',
        (pointer: number, target: number, length: number, offset: bigint) =>
          this.#read(pointer, target, length, Number(offset)),
      ],
      xWrite: [
        'iiiij',
        (pointer: number, source: number, length: number, offset: bigint) =>
          this.#write(pointer, source, length, Number(offset)),
      ],
      xTruncate: ['iij', (pointer: number, size: bigint) => this.#truncate(pointer, Number(size))],
      xSync: ['iii', (pointer: number) => this.#sync(pointer)],
      xFileSize: ['iii', (pointer: number, result: number) => this.#size(pointer, result)],
      xLock: ['iii', (pointer: number, level: number) => this.#file(pointer).locks.lock(level)],
      xUnlock: ['iii', (pointer: number, level: number) => this.#file(pointer).locks.unlock(level)],
      xCheckReservedLock: ['iii', (pointer: number, result: number) => this.#checkReserved(pointer, result)],
      xFileControl: [
        'iiii',
        (pointer: number, operation: number, argument: number) =>
          operation === controlHasMoved ? this.#hasMoved(pointer, argument) : Code.notFound,
      ],
      xSectorSize: ['ii', () => sectorSize],
      xDeviceCharacteristics: ['ii', () => powersafeOverwrite],
    };
  }

  /** SQLite calls methods only between xOpen and xClose; one that does otherwise is unusable. */
  #file(pointer: number): OpenFile {
    const open = this.#files.get(pointer);
    if (open === undefined) throw mismatch('a file that SQLite uses', 'an open one', pointer);
    return open;
  }

  #close(pointer: number): number {
    const { file, kind, mount } = this.#file(pointer);
    this.#files.delete(pointer);
    if (kind === '') mount.main = null;
    try {
      file.close();
    } catch {
      // Whatever has to be durable was synced before, and SQLite ignores the result too.
    }
    return Code.ok;
  }

  #read(pointer: number, target: number, length: number, offset: number): number {
    const { file, mount } = this.#file(pointer);
    try {
      const bytes = this.#heap.bytes.subarray(target, target + length);
      const count = file.read(bytes, offset);
      if (count === length) return Code.ok;
      // SQLite expects a short read to be padded with zeros.
      bytes.fill(0, count);
      return Code.ioErrorShortRead;
    } catch (error) {
      return mount.fail(error, Code.ioErrorRead);
    }
  }

  #write(pointer: number, source: number, length: number, offset: number): number {
    const open = this.#file(pointer);
    open.emptied = false;
    try {
      if (open.kind === '-journal' && offset === 0) {
        // From here on, a program that sees no lock of ours takes this for a hot journal.
        const refusal = open.mount.medium.guard.refusal(LockLevel.exclusive, true);
        if (refusal !== null) return open.mount.fail(refusal, Code.busy);
      }
      open.file.write(this.#heap.bytes.subarray(source, source + length), offset);
      return Code.ok;
    } catch (error) {
      return open.mount.fail(error, Code.ioErrorWrite);
    }
  }

  #truncate(pointer: number, size: number): number {
    const open = this.#file(pointer);
    try {
      open.file.truncate(size);
      open.emptied = size === 0;
      return Code.ok;
    } catch (error) {
      return open.mount.fail(error, Code.ioErrorTruncate);
    }
  }

  #sync(pointer: number): number {
    const { file, kind, mount, emptied } = this.#file(pointer);
    try {
      file.sync();
      return Code.ok;
    } catch (error) {
      // Emptying the journal is the commit, or writing the log: the change stands now and may be lost in a power cut,
      // or it is rolled back now and a crash brings it back.
      return mount.fail(error, Code.ioErrorFsync, kind === '-wal' || (kind === '-journal' && emptied));
    }
  }

  #size(pointer: number, result: number): number {
    const { file, mount } = this.#file(pointer);
    try {
      this.#heap.setLong(result, file.size());
      return Code.ok;
    } catch (error) {
      return mount.fail(error, Code.ioErrorFstat);
    }
  }

  #checkReserved(pointer: number, result: number): number {
    const { mount, locks } = this.#file(pointer);
    try {
      this.#heap.setWord(result, locks.isReserved() ? 1 : 0);
      return Code.ok;
    } catch (error) {
      return mount.fail(error, Code.ioErrorCheckReservedLock);
    }
  }

  /** SQLite asks before it writes, and refuses to write to a file that its name no longer leads to. */
  #hasMoved(pointer: number, result: number): number {
    const { file, kind, mount } = this.#file(pointer);
    try {
      const moved = kind === '' && file.moved();
      this.#heap.setWord(result, moved ? 1 : 0);
      if (moved) {
        const { path } = mount.medium;
        const message = `${path} was moved, removed or replaced while it was open: nothing was written. Open it again.`;
        mount.fail(new DatabaseChanged(message, path), Code.ok);
      }
      return Code.ok;
    } catch (error) {
      return mount.fail(error, Code.ioErrorAccess);
    }
  }
}
