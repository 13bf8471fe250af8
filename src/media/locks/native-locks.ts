/** Sees, and respects, the SQLite locks that other programs hold on a database file. */
import { DatabaseLocked } from '../../errors/index.ts';
import { hostName, hostProcess, mayReadProc } from '../../runtime.ts';
import type { FileSystem } from '../filesystem/disk-file.ts';
import { DescriptorLocks } from './descriptor-locks.ts';
import { LockLevel } from './lock-level.ts';
import { type ByteLock, deviceName, identify, type LockedFile, LockTable } from './lock-table.ts';

/** The bytes that SQLite locks, far beyond the end of most files; see its os.h. Between these is the reserved byte. */
const pendingByte = 0x40000000;
const firstShared = pendingByte + 2;
const lastShared = firstShared + 509;

export interface LockHolders {
  /** The highest level that any of them holds. */
  readonly level: number;
  readonly pids: readonly number[];
}

export class NativeLocks {
  /** This process, if its locks count as ours. */
  readonly #self: number | null;
  /** The process that holds locks for us; one that did so before may be another program by now. */
  #keeper: number | null = null;
  readonly #fs: FileSystem;
  readonly #table: LockTable;
  readonly #path: string;
  readonly #descriptor: number;
  readonly #file: LockedFile;
  /** The descriptor through which one of our processes was last seen to hold a lock. */
  #held: DescriptorLocks | null = null;

  private constructor(fs: FileSystem, table: LockTable, path: string, descriptor: number, self: number | null) {
    this.#fs = fs;
    this.#table = table;
    this.#path = path;
    this.#descriptor = descriptor;
    this.#file = identify(fs, descriptor);
    this.#self = self;
  }

  /**
   * The locks on an open file; null where they cannot be seen.
   *
   * @param own whether this process's locks count as ours. For a reader they do not: it takes none.
   */
  static of(fs: FileSystem, path: string, descriptor: number, own: boolean): NativeLocks | null {
    const table = LockTable.open(fs);
    if (table === null) return null;
    return new NativeLocks(fs, table, path, descriptor, own ? (hostProcess()?.pid ?? null) : null);
  }

  /** Counts the locks of another process as ours: it holds them for us. */
  adopt(pid: number): void {
    this.#keeper = pid;
  }

  /** Does so for a process that this one has started, if that is the one with the exclusive lock. */
  adoptChildOf(pid: number): void {
    const holder = this.#table.locksOn(this.#file).find((lock) => levelOf(lock) === LockLevel.exclusive);
    if (holder !== undefined && isDescendant(this.#fs, holder.pid, pid)) this.adopt(holder.pid);
  }

  /** What everyone else holds. A user of the write-ahead log counts as a reader at least. */
  others(): LockHolders {
    const locks = this.#table.locksOn(this.#file).filter((lock) => !this.#isOwn(lock));
    const readers = this.#readersOfLog();
    const level = Math.max(highest(locks), readers.length > 0 ? LockLevel.shared : LockLevel.none);
    const holders = [...locks.filter((lock) => levelOf(lock) > LockLevel.none), ...readers];
    return { level, pids: [...new Set(holders.map(({ pid }) => pid))] };
  }

  /** Whether anyone else uses the write-ahead log: a lock on the file itself does not keep them out of that. */
  hasReadersOfLog(): boolean {
    return this.#readersOfLog().length > 0;
  }

  /** Whether this process, or the one that acts for us, really holds a lock of this level or a higher one. */
  holds(level: number): boolean {
    // Whatever was seen last may belong to a former keeper.
    const hold = (locks: readonly ByteLock[] = []) => highest(locks.filter((lock) => this.#isOwn(lock))) >= level;
    if (hold(this.#held?.locks())) return true;
    this.#held?.close();
    this.#held = this.#find();
    return hold(this.#held?.locks()) || hold(this.#table.locksOn(this.#file));
  }

  /** Whether this process itself holds any lock: closing a descriptor of the file would drop it. */
  heldByThisProcess(): boolean {
    const pid = hostProcess()?.pid;
    return this.#table.locksOn(this.#file).some((lock) => lock.pid === pid);
  }

  close(): void {
    this.#held?.close();
    this.#table.close();
  }

  #isOwn({ pid }: ByteLock): boolean {
    return pid === this.#self || pid === this.#keeper;
  }

  #find(): DescriptorLocks | null {
    for (const pid of [this.#self, this.#keeper]) {
      const found = pid && DescriptorLocks.find(this.#fs, pid, this.#descriptor, this.#file);
      if (found) return found;
    }
    return null;
  }

  #readersOfLog(): readonly ByteLock[] {
    try {
      const there = this.#fs.statSync(`${this.#path}-shm`, { bigint: true, throwIfNoEntry: false });
      if (there === undefined) return [];
      const devices = [deviceName(there.dev), ...this.#file.devices];
      return this.#table.locksOn({ devices, inode: String(there.ino) }).filter((lock) => !this.#isOwn(lock));
    } catch {
      return [];
    }
  }
}

/** The error for a file that others use, naming them as far as they are known. */
export function lockedBy(fs: FileSystem, path: string, pids: readonly number[], waited: number): DatabaseLocked {
  const known = pids.filter((pid) => pid > 0);
  const names = known.map((pid) => `process ${pid}${programOf(fs, pid)}`);
  const who = names.length > 0 ? names.join(', ') : 'another program';
  const patience = waited > 0 ? `, after ${Math.round(waited)} ms of waiting` : '';
  const advice = 'Close it there, or try again; busy_timeout sets how long to wait.';
  const [pid] = known;
  return new DatabaseLocked(
    `${path} is in use by ${who}${patience}. ${advice}`,
    pid ?? null,
    pid === undefined ? null : hostName(),
  );
}

function programOf(fs: FileSystem, pid: number): string {
  if (!mayReadProc()) return '';
  try {
    return ` (${fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`;
  } catch {
    return '';
  }
}

function isDescendant(fs: FileSystem, pid: number, ancestor: number): boolean {
  try {
    for (let each = pid; each > 0; ) {
      const status = fs.readFileSync(`/proc/${each}/status`, 'latin1');
      each = Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1]);
      if (each === ancestor) return true;
    }
  } catch {
    // It has exited.
  }
  return false;
}

function highest(locks: readonly ByteLock[]): number {
  return Math.max(LockLevel.none, ...locks.map(levelOf));
}

/** The level that one lock implies: SQLite holds several at once, and whole files may be locked too. */
function levelOf({ exclusive, from, to }: ByteLock): number {
  const covers = (first: number, last: number): boolean => from <= last && to >= first;
  if (!covers(pendingByte, lastShared)) return LockLevel.none;
  if (!exclusive) return LockLevel.shared;
  if (covers(firstShared, lastShared)) return LockLevel.exclusive;
  return covers(pendingByte, pendingByte) ? LockLevel.pending : LockLevel.reserved;
}
