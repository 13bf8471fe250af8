/** The methods of a file, called as SQLite calls them: by their index in the table, with words and BigInts. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DatabaseLocked, StorageFailure } from '../../../src/errors/index.ts';
import { LockLevel } from '../../../src/media/locks/lock-level.ts';
import type { FileKind, MediumFile } from '../../../src/media/medium.ts';
import { MemoryMedium } from '../../../src/media/memory.ts';
import { Code } from '../../../src/vfs/codes.ts';
import type { Heap } from '../../../src/vfs/heap.ts';
import { ioMethods } from '../../../src/vfs/layout.ts';
import { Mount } from '../../../src/vfs/mount.ts';
import { VfsFiles } from '../../../src/vfs/vfs-files.ts';
import { freshEngine } from './fresh-engine.ts';

let heap: Heap;
let mount: Mount;
let open: (file: MediumFile, kind?: FileKind) => number;
let call: (name: (typeof ioMethods)[number], ...parameters: (number | bigint)[]) => number;
let buffer: number;

beforeEach(async () => {
  const engine = await freshEngine();
  const { sqlite, table } = engine;
  heap = engine.heap;
  const files = new VfsFiles(sqlite, heap);
  mount = new Mount('/test', new MemoryMedium());
  buffer = sqlite.malloc(64);
  open = (file, kind = '') => {
    const pointer = sqlite.malloc(8);
    files.add(pointer, file, kind, mount);
    return pointer;
  };
  call = (name, ...parameters) => {
    const index = heap.word(files.methods + 4 * (1 + ioMethods.indexOf(name)));
    return (table.get(index) as (...parameters: (number | bigint)[]) => number)(...parameters);
  };
});

afterEach(() => void vi.restoreAllMocks());

/** A file on a dead disk: every method throws. */
function deadFile(error: unknown): MediumFile {
  const fail = (): never => {
    throw error;
  };
  return { read: fail, write: fail, truncate: fail, sync: fail, size: fail, moved: fail, close: fail };
}

describe('a file of the VFS', () => {
  test('implements version 1 of the interface, without shared memory and mapping', () => {
    const file = open(new MemoryMedium().open('', true));
    expect(call('xSectorSize', file)).toBe(4096);
    expect(call('xDeviceCharacteristics', file)).toBe(0x1000);
  });

  test('writes no journal header while the guard refuses it', () => {
    const refusal = new DatabaseLocked('somebody came in');
    const levels: number[] = [];
    vi.spyOn(mount.medium.guard, 'refusal').mockImplementation((level) => {
      levels.push(level);
      return refusal;
    });
    const journal = new MemoryMedium().open('-journal', true);
    const file = open(journal, '-journal');
    expect(call('xWrite', file, buffer, 28, 0n)).toBe(Code.busy);
    expect([journal.size(), mount.failure, levels]).toEqual([0, refusal, [LockLevel.exclusive]]);
    // Only the header is checked: later parts follow it, and the database file is protected by its own locks.
    expect(call('xWrite', file, buffer, 8, 512n)).toBe(Code.ok);
    expect(call('xWrite', open(new MemoryMedium().open('', true)), buffer, 8, 0n)).toBe(Code.ok);
    expect(levels).toHaveLength(1);
  });

  test('fills a read beyond its end with zeros and returns SQLITE_IOERR_SHORT_READ', () => {
    const file = open(new MemoryMedium(Uint8Array.of(1, 2, 3)).open('', false));
    heap.bytes.fill(0xff, buffer, buffer + 9);
    expect(call('xRead', file, buffer, 8, 1n)).toBe(522);
    expect([...heap.bytes.subarray(buffer, buffer + 9)]).toEqual([2, 3, 0, 0, 0, 0, 0, 0, 0xff]);
    expect(call('xRead', file, buffer, 3, 0n)).toBe(Code.ok);
    expect(call('xRead', file, buffer, 2, 100n)).toBe(522);
  });

  test('works after the memory of the engine has grown', () => {
    const file = open(new MemoryMedium(Uint8Array.of(1, 2, 3)).open('', false));
    expect(call('xRead', file, buffer, 1, 0n)).toBe(Code.ok);
    const { buffer: before } = heap.bytes;
    expect(heap.grow(before.byteLength + 1, 2 ** 31)).toBe(true);
    expect(before.byteLength).toBe(0);
    expect(call('xRead', file, buffer, 1, 2n)).toBe(Code.ok);
    expect(heap.bytes[buffer]).toBe(3);
  });

  test('handles sizes and offsets beyond four gigabytes', () => {
    const offsets: number[] = [];
    const file = open({
      ...deadFile(new Error()),
      size: () => 2 ** 33 + 5,
      write: (_, offset) => offsets.push(offset),
      truncate: (size) => offsets.push(size),
    });
    expect(call('xFileSize', file, buffer)).toBe(Code.ok);
    expect(new DataView(heap.bytes.buffer).getBigInt64(buffer, true)).toBe(2n ** 33n + 5n);
    call('xWrite', file, buffer, 1, 2n ** 33n);
    call('xTruncate', file, 2n ** 34n);
    expect(offsets).toEqual([2 ** 33, 2 ** 34]);
  });

  test('answers only the file control for moved files', () => {
    let moved = false;
    const file = open({ ...deadFile(new Error()), moved: () => moved });
    expect(call('xFileControl', file, 20, buffer)).toBe(Code.ok);
    expect(heap.word(buffer)).toBe(0);
    moved = true;
    expect(call('xFileControl', file, 20, buffer)).toBe(Code.ok);
    expect(heap.word(buffer)).toBe(1);
    expect(mount.failure?.message).toMatch(/was moved, removed or replaced/);
    expect(call('xFileControl', file, 5, buffer)).toBe(Code.notFound);
  });
});

describe('a failing file of the VFS', () => {
  const attempts: [name: (typeof ioMethods)[number], code: number, parameters: (number | bigint)[]][] = [
    ['xRead', Code.ioErrorRead, [0, 1, 0n]],
    ['xWrite', Code.ioErrorWrite, [0, 1, 0n]],
    ['xTruncate', Code.ioErrorTruncate, [0n]],
    ['xSync', Code.ioErrorFsync, [2]],
    ['xFileSize', Code.ioErrorFstat, [0]],
  ];

  test.each(attempts)('returns from %s the code %i and keeps the error', (name, code, parameters) => {
    const error = new StorageFailure('dead');
    expect(call(name, open(deadFile(error)), ...parameters)).toBe(code);
    expect(mount.failure).toBe(error);
  });

  test('returns SQLITE_FULL if there is no space', () => {
    const error = new StorageFailure('no space', '/a.sqlite', 'ENOSPC');
    expect(call('xWrite', open(deadFile(error)), buffer, 1, 0n)).toBe(Code.full);
    expect(mount.failure).toBe(error);
  });

  test('keeps the first error until it is cleared', () => {
    const [first, second] = [new StorageFailure('first'), new StorageFailure('second')];
    call('xSync', open(deadFile(first)), 2);
    call('xSync', open(deadFile(second)), 2);
    expect(mount.failure).toBe(first);
    mount.clear();
    expect(mount.failure).toBeNull();
    call('xSync', open(deadFile(second)), 2);
    expect(mount.failure).toBe(second);
  });

  test('is closed even if closing fails', () => {
    const file = open(deadFile(new Error()));
    expect(call('xClose', file)).toBe(Code.ok);
    expect(mount.main).toBeNull();
    expect(() => call('xSync', file, 2)).toThrow(/should be an open one/);
  });

  test('leaves the commit in doubt only if syncing its truncated journal fails', () => {
    const dying: MediumFile = { ...deadFile(new Error('dead')), write() {}, truncate() {} };
    for (const kind of ['', '-journal'] as const) {
      mount.clear();
      const file = open(dying, kind);
      call('xWrite', file, buffer, 1, 0n);
      call('xSync', file, 2);
      expect(mount.inDoubt).toBe(false);
      mount.clear();
      call('xTruncate', file, 0n);
      call('xSync', file, 2);
      expect(mount.inDoubt).toBe(kind === '-journal');
    }
  });
});
