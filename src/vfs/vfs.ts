/**
 * Puts our files under SQLite: replaces the functions of its default VFS that open, delete and look up files, or read
 * randomness from one. They serve our names, and refuse any other: there are no files but ours.
 */
import type { FileKind, Medium } from '../media/medium.ts';
import { Code, openCreate, openReadOnly, openReadWrite } from './codes.ts';
import type { Engine, Sqlite } from './engine.ts';
import type { Heap } from './heap.ts';
import { findVfs, type VfsLayout, type vfsFunctions, vfsLayout } from './layout.ts';
import { Mount } from './mount.ts';
import { withScratchDatabase } from './scratch-database.ts';
import { VfsFiles } from './vfs-files.ts';

const kinds: readonly FileKind[] = ['', '-journal', '-wal', '-shm'];

export class Vfs {
  readonly #sqlite: Sqlite;
  readonly #heap: Heap;
  readonly #layout: VfsLayout;
  readonly #pointer: number;
  readonly #files: VfsFiles;
  readonly #names = new Map<string, { readonly mount: Mount; readonly kind: FileKind }>();
  #mounted = 0;

  /** Patches the default VFS; throws EngineMismatch, having changed nothing, if it is not the expected one. */
  constructor(engine: Engine, layout: VfsLayout = vfsLayout) {
    const { sqlite, heap } = engine;
    this.#sqlite = sqlite;
    this.#heap = heap;
    this.#layout = layout;
    // Through a scratch database: `sqlite3_vfs_find` is not available.
    this.#pointer = withScratchDatabase(sqlite, heap, ':memory:', (database) => findVfs(engine, database, layout));
    this.#files = new VfsFiles(sqlite, heap);
    this.#patch('xOpen', 'iiiiii', this.#open.bind(this));
    this.#patch('xDelete', 'iiii', this.#delete.bind(this));
    this.#patch('xAccess', 'iiiii', this.#access.bind(this));
    this.#patch('xFullPathname', 'iiiii', this.#fullPathname.bind(this));
    this.#patch('xRandomness', 'iiii', this.#randomness.bind(this));
  }

  /** Gives a medium a name that SQLite can open. */
  mount(medium: Medium): Mount {
    this.#mounted += 1;
    const mount = new Mount(`/cinderlib-${this.#mounted}`, medium);
    for (const kind of kinds) this.#names.set(mount.name + kind, { mount, kind });
    return mount;
  }

  unmount(mount: Mount): void {
    for (const kind of kinds) this.#names.delete(mount.name + kind);
  }

  /** Closes all files of an instance that has failed, and so will not. */
  closeFiles(): void {
    this.#files.closeAll();
  }

  #patch(name: (typeof vfsFunctions)[number], signature: string, replacement: (...words: never[]) => number): void {
    this.#heap.setWord(this.#pointer + this.#layout[name], this.#sqlite.addFunction(replacement, signature));
  }

  #find(name: number): { readonly mount: Mount; readonly kind: FileKind } | undefined {
    return name === 0 ? undefined : this.#names.get(this.#sqlite.textAt(name));
  }

  #open(_vfs: number, name: number, file: number, flags: number, outFlags: number): number {
    const found = this.#find(name);
    if (found === undefined) return Code.cantOpen;
    const heap = this.#heap;
    const { mount, kind } = found;
    // Null methods tell SQLite that there is nothing to close.
    heap.setWord(file + this.#layout.pMethods, 0);
    try {
      this.#files.add(file, mount.medium.open(kind, (flags & openCreate) !== 0), kind, mount);
    } catch (error) {
      return mount.fail(error, Code.cantOpen);
    }
    heap.setWord(file + this.#layout.pMethods, this.#files.methods);
    if (outFlags !== 0) heap.setWord(outFlags, mount.medium.readOnly ? readingFlags(flags) : flags);
    return Code.ok;
  }

  #delete(_vfs: number, name: number, syncFolder: number): number {
    const found = this.#find(name);
    if (found === undefined) return Code.ioErrorDelete;
    try {
      found.mount.medium.remove(found.kind, syncFolder !== 0);
      return Code.ok;
    } catch (error) {
      return found.mount.fail(error, Code.ioErrorDelete);
    }
  }

  #access(_vfs: number, name: number, _flags: number, result: number): number {
    const found = this.#find(name);
    if (found === undefined) return Code.ioErrorAccess;
    try {
      this.#heap.setWord(result, found.mount.medium.exists(found.kind) ? 1 : 0);
      return Code.ok;
    } catch (error) {
      return found.mount.fail(error, Code.ioErrorAccess);
    }
  }

  /** Our names are already absolute; SQLite's own function would resolve them in its own file system. */
  #fullPathname(_vfs: number, name: number, size: number, result: number): number {
    if (this.#find(name) === undefined) return Code.cantOpen;
    const { bytes } = this.#heap;
    const end = bytes.indexOf(0, name);
    if (end - name >= size) return Code.cantOpen;
    bytes.copyWithin(result, name, end + 1);
    return Code.ok;
  }

  /** For the checksums of journals and logs: SQLite's own function would read a device. Returns how many bytes. */
  #randomness(_vfs: number, count: number, result: number): number {
    crypto.getRandomValues(this.#heap.bytes.subarray(result, result + count));
    return count;
  }
}

/** The flags reported to SQLite for a file that it may not write to. */
function readingFlags(flags: number): number {
  return (flags & ~(openReadWrite | openCreate)) | openReadOnly;
}
