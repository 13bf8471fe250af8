/**
 * Where the fields of SQLite's VFS structures lie in WebAssembly's memory, and the check that they are there.
 *
 * They are public C API (sqlite3.h): pointers and ints of four bytes each, in this order since 2007.
 * The first field of `sqlite3` is not public, but has been the pointer to its VFS for as long.
 */
import { EngineMismatch } from '../errors/index.ts';
import type { Heap } from './heap.ts';

export interface VfsLayout {
  /** In `struct sqlite3`: the pointer to its VFS. */
  readonly databaseVfs: number;
  readonly iVersion: number;
  readonly szOsFile: number;
  readonly mxPathname: number;
  readonly zName: number;
  readonly xOpen: number;
  readonly xDelete: number;
  readonly xAccess: number;
  readonly xFullPathname: number;
  readonly xRandomness: number;
  /** In `struct sqlite3_file`: the pointer to its methods. */
  readonly pMethods: number;
}

export const vfsLayout: VfsLayout = {
  databaseVfs: 0,
  iVersion: 0,
  szOsFile: 4,
  mxPathname: 8,
  zName: 16,
  xOpen: 24,
  xDelete: 28,
  xAccess: 32,
  xFullPathname: 36,
  xRandomness: 56,
  pMethods: 0,
};

/** The fields of `sqlite3_vfs` that hold functions and that we replace. */
export const vfsFunctions = ['xOpen', 'xDelete', 'xAccess', 'xFullPathname', 'xRandomness'] as const;

/** The fields of `sqlite3_io_methods` of version 1, in order, each a word; the version itself comes first. */
export const ioMethods = [
  'xClose',
  'xRead',
  'xWrite',
  'xTruncate',
  'xSync',
  'xFileSize',
  'xLock',
  'xUnlock',
  'xCheckReservedLock',
  'xFileControl',
  'xSectorSize',
  'xDeviceCharacteristics',
] as const;

const wordSize = 4;
/** `sizeof(sqlite3_vfs)` of version 1. */
const vfsSize = 72;

/** The parts of an instance that the check and the patches need. */
export interface WasmParts {
  readonly heap: Heap;
  readonly table: WebAssembly.Table;
}

/** Finds the VFS of an open database; throws {@link EngineMismatch} unless it is the expected one. */
export function findVfs(wasm: WasmParts, database: number, layout: VfsLayout = vfsLayout): number {
  const { heap } = wasm;
  const vfs = heap.word(database + layout.databaseVfs);
  if (!heap.holds(vfs, vfsSize)) throw mismatch('the VFS pointer of a database', 'an address', vfs);
  const field = (name: keyof VfsLayout) => heap.word(vfs + layout[name]);

  const name = textAt(heap, field('zName'));
  if (name !== 'unix') throw mismatch('zName, the name of the default VFS', '"unix"', JSON.stringify(name));
  within('iVersion', field('iVersion'), 1, 3);
  within('szOsFile', field('szOsFile'), wordSize, 256);
  within('mxPathname', field('mxPathname'), 257, 4096);
  const seen = new Set<number>();
  for (const method of vfsFunctions) {
    const index = field(method);
    if (!isFunction(wasm.table, index)) throw mismatch(method, 'the index of a function', index);
    if (seen.has(index)) throw mismatch(method, 'a distinct function', index);
    seen.add(index);
  }
  return vfs;
}

/** The error for an engine whose layout is not the expected one. */
export function mismatch(what: string, expected: string, found: string | number): EngineMismatch {
  return new EngineMismatch(
    `The SQLite engine is not the one that this library was tested with: ${what} should be ${expected}, ` +
      `but is ${found}. Use the sql-wasm.wasm that comes with this package.`,
  );
}

function within(name: string, value: number, least: number, most: number): void {
  if (value < least || value > most) throw mismatch(name, `${least} to ${most}`, value);
}

function isFunction(table: WebAssembly.Table, index: number): boolean {
  return index > 0 && index < table.length && typeof table.get(index) === 'function';
}

/** Reads a short text for comparison; null when there is none. */
function textAt(heap: Heap, pointer: number): string | null {
  const longest = 32;
  if (!heap.holds(pointer, longest)) return null;
  const text = heap.bytes.subarray(pointer, pointer + longest);
  const end = text.indexOf(0);
  return end < 0 ? null : String.fromCharCode(...text.subarray(0, end));
}
