/**
 * Puts our files under SQLite: replaces the functions of its default VFS that open, delete and look up
 * files. They serve our names, and pass any other on to the functions that they replace.
 */
import type { SqlJs } from 'virtual:sql.js';
import type { FileKind, Medium } from '../media/medium.ts';
import { Code, openCreate, openReadOnly, openReadWrite } from './codes.ts';
import { findVfs, type VfsLayout, type vfsFunctions, vfsLayout, type WasmParts } from './layout.ts';
import { Mount } from './mount.ts';
import { withScratchDatabase } from './scratch-database.ts';
import { VfsFiles } from './vfs-files.ts';

/** A function in WebAssembly's table; takes and returns words. */
type TableFunction = (...words: number[]) => number;
type Patched = (typeof vfsFunctions)[number];

const kinds: readonly FileKind[] = ['', '-journal', '-wal', '-shm'];

export class Vfs {
  readonly #sqlite: SqlJs;
  readonly #wasm: WasmParts;
  readonly #layout: VfsLayout;
  readonly #pointer: number;
  readonly #files: VfsFiles;
  readonly #originals = new Map<Patched, TableFunction>();
  readonly #names = new Map<string, { readonly mount: Mount; readonly kind: FileKind }>();
  #mounted = 0;

  /** Patches the default VFS; throws EngineMismatch, having changed nothing, if it is not the expected one. */
  constructor(sqlite: SqlJs, wasm: WasmParts, layout: VfsLayout = vfsLayout) {
    this.#sqlite = sqlite;
    this.#wasm = wasm;
    this.#layout = layout;
    // Through a scratch database: `sqlite3_vfs_find` is not available.
    this.#pointer = withScratchDatabase(sqlite, wasm.heap, ':memory:', (database) => findVfs(wasm, database, layout));
    this.#files = new VfsFiles(sqlite, wasm.heap);
    this.#patch('xOpen', 'iiiiii', this.#open.bind(this));
    this.#patch('xDelete', 'iiii', this.#delete.bind(this));
    this.#patch('xAccess', 'iiiii', this.#access.bind(this));
    this.#patch('xFullPathname', 'iiiii', this.#fullPathname.bind(this));
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

  #patch(name: Patched, signature: string, replacement: (...words: never[]) => number): void {
    const { heap, table } = this.#wasm;
    const field = this.#pointer + this.#layout[name];
    // findVfs has checked that these are functions.
    this.#originals.set(name, table.get(heap.word(field)) as TableFunction);
    heap.setWord(field, this.#sqlite.addFunction(replacement, signature));
  }

  #original(name: Patched, ...words: number[]): number {
    return this.#originals.get(name)?.(...words) ?? Code.error;
  }

  #find(name: number): { readonly mount: Mount; readonly kind: FileKind } | undefined {
    return name === 0 ? undefined : this.#names.get(this.#sqlite.UTF8ToString(name));
  }

  #open(vfs: number, name: number, file: number, flags: number, outFlags: number): number {
    const found = this.#find(name);
    if (found === undefined) return this.#original('xOpen', vfs, name, file, flags, outFlags);
    const { heap } = this.#wasm;
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

  #delete(vfs: number, name: number, syncFolder: number): number {
    const found = this.#find(name);
    if (found === undefined) return this.#original('xDelete', vfs, name, syncFolder);
    try {
      found.mount.medium.remove(found.kind, syncFolder !== 0);
      return Code.ok;
    } catch (error) {
      return found.mount.fail(error, Code.ioErrorDelete);
    }
  }

  #access(vfs: number, name: number, flags: number, result: number): number {
    const found = this.#find(name);
    if (found === undefined) return this.#original('xAccess', vfs, name, flags, result);
    try {
      this.#wasm.heap.setWord(result, found.mount.medium.exists(found.kind) ? 1 : 0);
      return Code.ok;
    } catch (error) {
      return found.mount.fail(error, Code.ioErrorAccess);
    }
  }

  /** Our names are already absolute; SQLite's own function would resolve them in its own file system. */
  #fullPathname(vfs: number, name: number, size: number, result: number): number {
    if (this.#find(name) === undefined) return this.#original('xFullPathname', vfs, name, size, result);
    const { bytes } = this.#wasm.heap;
    const end = bytes.indexOf(0, name);
    if (end - name >= size) return Code.cantOpen;
    bytes.copyWithin(result, name, end + 1);
    return Code.ok;
  }
}

/** The flags reported to SQLite for a file that it may not write to. */
function readingFlags(flags: number): number {
  return (flags & ~(openReadWrite | openCreate)) | openReadOnly;
}
