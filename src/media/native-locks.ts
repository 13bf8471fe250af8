/** Sees, and respects, the SQLite locks that other programs hold on a database file. */
import { DatabaseLocked } from '../errors/index.ts';
import { hostName, hostProcess, mayReadProc } from '../runtime.ts';
import type { FileSystem } from './disk-file.ts';
import { type ByteLock, deviceName, identify, type LockedFile, LockTable } from './lock-table.ts';

/** SQLite's lock levels, with its own numbers. */
export const LockLevel = { none: 0, shared: 1, reserved: 2, pending: 3, exclusive: 4 } as const;

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
  /** The processes whose locks are ours. */
  readonly #own: Set<number>;
  readonly #fs: FileSystem;
  readonly #table: LockTable;
  readonly #path: string;
  readonly #file: LockedFile;

  private constructor(fs: FileSystem, table: LockTable, path: string, file: LockedFile, own: Set<number>) {
    this.#fs = fs;
    this.#table = table;
    this.#path = path;
    this.#file = file;
    this.#own = own;
  }

  /**
   * The locks on an open file; null where they cannot be seen.
   *
   * @param own whether this process's locks count as ours. For a reader they do not: it takes none.
   */
  static of(fs: FileSystem, path: string, descriptor: number, own: boolean): NativeLocks | null {
    const table = LockTable.open();
    if (table === null) return null;
    const pid = hostProcess()?.pid;
    return new NativeLocks(fs, table, path, identify(fs, descriptor), new Set(own && pid !== undefined ? [pid] : []));
  }

  /** Counts the locks of another process as ours: it holds them for us. */
  adopt(pid: number): void {
    this.#own.add(pid);
  }

  /** What everyone else holds. A user of the write-ahead log counts as a reader at least. */
  others(): LockHolders {
    const locks = this.#table.locksOn(this.#file).filter(({ pid }) => !this.#own.has(pid));
    const readers = this.#onSharedMemory().filter(({ pid }) => !this.#own.has(pid));
    const levels = [...locks.map(levelOf), ...readers.map(() => LockLevel.shared)];
    const holders = [...locks.filter((lock) => levelOf(lock) > LockLevel.none), ...readers];
    return { level: Math.max(LockLevel.none, ...levels), pids: [...new Set(holders.map(({ pid }) => pid))] };
  }

  /** What this process, or the one that acts for us, really holds. */
  ownLevel(): number {
    const locks = this.#table.locksOn(this.#file).filter(({ pid }) => this.#own.has(pid));
    return Math.max(LockLevel.none, ...locks.map(levelOf));
  }

  /** Whether this process itself holds any lock: closing a descriptor of the file would drop it. */
  heldByThisProcess(): boolean {
    const pid = hostProcess()?.pid;
    return this.#table.locksOn(this.#file).some((lock) => lock.pid === pid);
  }

  /** An error that names who has the file. */
  refusal({ pids }: LockHolders, waited: number): DatabaseLocked {
    return lockedBy(this.#fs, this.#path, pids, waited);
  }

  close(): void {
    this.#table.close();
  }

  #onSharedMemory(): readonly ByteLock[] {
    try {
      const there = this.#fs.statSync(`${this.#path}-shm`, { bigint: true, throwIfNoEntry: false });
      if (there === undefined) return [];
      const devices = [deviceName(there.dev), ...this.#file.devices];
      return this.#table.locksOn({ devices, inode: String(there.ino) });
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
  const advice = 'Close it there, or try again; the option busy_timeout says how long to wait.';
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

/** The level that one lock implies: SQLite holds several at once, and whole files may be locked too. */
function levelOf({ exclusive, from, to }: ByteLock): number {
  const covers = (first: number, last: number): boolean => from <= last && to >= first;
  if (!covers(pendingByte, lastShared)) return LockLevel.none;
  if (!exclusive) return LockLevel.shared;
  if (covers(firstShared, lastShared)) return LockLevel.exclusive;
  return covers(pendingByte, pendingByte) ? LockLevel.pending : LockLevel.reserved;
}
