/**
 * Records this process's changes to the files of a folder, and replays the states that a power cut could have left the
 * disk in at any moment.
 *
 * The rules are the guarantees that a portable program may rely on, and no more: a file's content is safe after a sync
 * of the file, a name after a sync of the folder. Before that, each change may or may not be there, independently of
 * later changes, and each 512-byte sector of a write independently of the others.
 */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Random } from './random.ts';

const sector = 512;

type Change =
  | { readonly kind: 'write'; readonly inode: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly inode: number; readonly size: number }
  | { readonly kind: 'name'; readonly name: string; readonly inode: number }
  | { readonly kind: 'unname'; readonly name: string };
type Event = Change | { readonly kind: 'sync'; readonly inode: number } | { readonly kind: 'sync of the folder' };

/** What happens to changes that were not synced. */
export type Fate = 'all lost' | 'all kept' | 'some of them';

type FileSystem = typeof import('node:fs');

export class RecordedDisk {
  readonly #folder: string;
  readonly #events: Event[] = [];
  readonly #inodes = new Map<string, number>();
  readonly #restore: () => void;
  readonly #begun: number;
  #lastInode = 0;

  /** Starts recording changes to the files whose names `wanted` accepts. Existing files count as synced. */
  constructor(folder: string, wanted: (name: string) => boolean) {
    this.#folder = folder;
    for (const name of readdirSync(folder).filter(wanted)) {
      const inode = ++this.#lastInode;
      this.#name(name, inode);
      const bytes = readFileSync(join(folder, name));
      this.#events.push({ kind: 'write', inode, offset: 0, bytes }, { kind: 'sync', inode });
    }
    this.#events.push({ kind: 'sync of the folder' });
    this.#begun = this.#events.length;
    const fs = process.getBuiltinModule('node:fs');
    const originals = { ...fs };
    const nameOf = (path: unknown): string | null => {
      const text = String(path);
      return dirname(text) === folder && wanted(basename(text)) ? basename(text) : null;
    };
    const wrappers = this.#wrappers(originals, nameOf);
    const replaced = Object.fromEntries(Object.keys(wrappers).map((name) => [name, Reflect.get(fs, name) as unknown]));
    Object.assign(fs, wrappers);
    this.#restore = () => void Object.assign(fs, replaced);
  }

  /** How many events were recorded so far: a moment for {@link leave}. */
  get now(): number {
    return this.#events.length - this.#begun;
  }

  stop(): void {
    this.#restore();
  }

  /** Writes the files into an empty folder as a power cut at that moment could have left them. */
  leave(moment: number, fate: Fate, random: Random, folder: string): void {
    const events = this.#events.slice(0, this.#begun + moment);
    const files = new Map<number, Uint8Array>();
    const names = new Map<string, number>();
    for (const [at, event] of events.entries()) {
      if (event.kind === 'sync' || event.kind === 'sync of the folder') continue;
      const isSafe = events.slice(at).some((later) => covers(later, event));
      if (!isSafe && (fate === 'all lost' || (fate === 'some of them' && random.below(2) === 0))) continue;
      const keeps = (): boolean => isSafe || fate === 'all kept' || random.below(4) > 0;
      apply(event, files, names, keeps);
    }
    for (const [name, inode] of names) writeFileSync(join(folder, name), files.get(inode) ?? new Uint8Array());
  }

  #wrappers(fs: FileSystem, nameOf: (path: unknown) => string | null): Partial<FileSystem> {
    const nameOfDescriptor = (descriptor: number) => nameOf(readlinkSync(`/proc/self/fd/${descriptor}`));
    const inodeOf = (name: string | null): number | undefined => (name === null ? undefined : this.#inodes.get(name));
    const sync = (descriptor: number): void => {
      fs.fsyncSync(descriptor);
      if (readlinkSync(`/proc/self/fd/${descriptor}`) === this.#folder)
        this.#events.push({ kind: 'sync of the folder' });
      const inode = inodeOf(nameOfDescriptor(descriptor));
      if (inode !== undefined) this.#events.push({ kind: 'sync', inode });
    };
    const unname = (path: unknown): void => {
      const name = nameOf(path);
      if (name === null || !this.#inodes.delete(name)) return;
      this.#events.push({ kind: 'unname', name });
    };
    return {
      openSync: (path, flags, mode) => {
        const descriptor = fs.openSync(path, flags, mode);
        const name = nameOf(path);
        if (name !== null && !this.#inodes.has(name)) this.#name(name, ++this.#lastInode);
        return descriptor;
      },
      writeSync: ((descriptor: number, source: Uint8Array, from: number, length: number, offset: number) => {
        const count = fs.writeSync(descriptor, source, from, length, offset);
        const inode = inodeOf(nameOfDescriptor(descriptor));
        const bytes = source.slice(from, from + count);
        if (inode !== undefined) this.#events.push({ kind: 'write', inode, offset, bytes });
        return count;
      }) as FileSystem['writeSync'], // Only the form that the library uses, bytes at an offset, is recorded.
      ftruncateSync: (descriptor, size) => {
        fs.ftruncateSync(descriptor, size);
        const inode = inodeOf(nameOfDescriptor(descriptor));
        if (inode !== undefined) this.#events.push({ kind: 'truncate', inode, size: size ?? 0 });
      },
      fsyncSync: sync,
      fdatasyncSync: sync,
      unlinkSync: (path) => {
        fs.unlinkSync(path);
        unname(path);
      },
      rmSync: (path, options) => {
        fs.rmSync(path, options);
        unname(path);
      },
      renameSync: (from, to) => {
        fs.renameSync(from, to);
        const [inode, name] = [inodeOf(nameOf(from)), nameOf(to)];
        unname(from);
        if (inode !== undefined && name !== null) this.#name(name, inode);
      },
    };
  }

  #name(name: string, inode: number): void {
    this.#inodes.set(name, inode);
    this.#events.push({ kind: 'name', name, inode });
  }
}

/** Whether a sync makes an earlier change safe. */
function covers(sync: Event, change: Change): boolean {
  if (sync.kind === 'sync of the folder') return change.kind === 'name' || change.kind === 'unname';
  return sync.kind === 'sync' && 'inode' in change && change.kind !== 'name' && sync.inode === change.inode;
}

function apply(change: Change, files: Map<number, Uint8Array>, names: Map<string, number>, keeps: () => boolean): void {
  if (change.kind === 'name') names.set(change.name, change.inode);
  if (change.kind === 'unname') names.delete(change.name);
  if (change.kind === 'truncate') files.set(change.inode, resized(files.get(change.inode), change.size));
  if (change.kind !== 'write') return;
  const { inode, offset, bytes } = change;
  const size = Math.max(files.get(inode)?.length ?? 0, offset + bytes.length);
  const file = resized(files.get(inode), size);
  for (let start = offset; start < offset + bytes.length; ) {
    const end = Math.min((Math.floor(start / sector) + 1) * sector, offset + bytes.length);
    if (keeps()) file.set(bytes.subarray(start - offset, end - offset), start);
    start = end;
  }
  files.set(inode, file);
}

/** A copy with that size, extended with zeros. */
function resized(file: Uint8Array | undefined, size: number): Uint8Array {
  const copy = new Uint8Array(size);
  if (file !== undefined) copy.set(file.subarray(0, size));
  return copy;
}
