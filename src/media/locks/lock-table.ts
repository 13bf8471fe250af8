/**
 * Linux's table of all file locks, `/proc/locks`: which bytes of which file are locked, and by which process.
 *
 * The only way to see another program's POSIX locks without a system call that JavaScript lacks. It does not
 * show the locks of another container, unless that shares the process ids of this one.
 */
import { hostProcess, mayReadProc } from '../../runtime.ts';
import type { FileSystem } from '../filesystem/disk-file.ts';
import { isShortage, openFailure } from '../filesystem/failure.ts';
import { ProcFile } from './proc-file.ts';

/** One lock that is held. */
export interface ByteLock {
  /** -1 for locks of open file descriptions, which belong to no process. */
  readonly pid: number;
  /** Whether it excludes every other lock on the same bytes. */
  readonly exclusive: boolean;
  readonly from: number;
  readonly to: number;
}

/** A file as the table names it. */
export interface LockedFile {
  /** `major:minor`, decimal. */
  readonly devices: readonly string[];
  readonly inode: string;
}

export class LockTable {
  readonly #source: ProcFile;

  private constructor(source: ProcFile) {
    this.#source = source;
  }

  /**
   * Opens the table; null where there is none, or where it uses other process ids than ours.
   *
   * @throws {StorageFailure} when it could not be opened for lack of descriptors
   */
  static open(fs: FileSystem): LockTable | null {
    const host = hostProcess();
    if (host === undefined || !mayReadProc()) return null;
    try {
      if (fs.readlinkSync('/proc/self') !== String(host.pid)) return null;
      return new LockTable(new ProcFile(fs, '/proc/locks'));
    } catch (error) {
      if (isShortage(error)) throw openFailure('open', '/proc/locks', error);
      return null;
    }
  }

  /** The locks on a file, those of this process included. */
  locksOn(file: LockedFile): readonly ByteLock[] {
    const { text, parts } = this.#source.read();
    // A lock released meanwhile moves the others up, and perhaps one of them out of sight; not twice in a row.
    return parseLocks(parts < 2 ? text : text + this.#source.read().text, file);
  }

  close(): void {
    this.#source.close();
  }
}

/**
 * A line, as the kernel's fs/locks.c prints it: `1: POSIX  ADVISORY  WRITE 3568 fd:00:2531452 1073741824 1073742335`.
 * One with `->` waits for the lock above it and holds nothing. FLOCK and LEASE locks are of other kinds. Among the
 * properties of a descriptor such a line starts with `lock:`.
 */
const line =
  /^(?:lock:\t)?\d+: (?:POSIX|OFDLCK) +\S+ +(?<mode>READ|WRITE) +(?<pid>-?\d+) (?<major>[\da-f]+):(?<minor>[\da-f]+):(?<inode>\d+) (?<from>\d+) (?<to>\d+|EOF)$/;

/** The locks on one file among the lines of the table. */
export function parseLocks(text: string, { devices, inode }: LockedFile): readonly ByteLock[] {
  const locks: ByteLock[] = [];
  for (const one of text.split('\n')) {
    // Most lines are about other files.
    if (!one.includes(`:${inode} `)) continue;
    const found = line.exec(one)?.groups;
    if (found === undefined || found['inode'] !== inode) continue;
    const device = `${Number.parseInt(found['major'] ?? '', 16)}:${Number.parseInt(found['minor'] ?? '', 16)}`;
    if (!devices.includes(device)) continue;
    const to = found['to'] === 'EOF' ? Number.POSITIVE_INFINITY : Number(found['to']);
    locks.push({ pid: Number(found['pid']), exclusive: found['mode'] === 'WRITE', from: Number(found['from']), to });
  }
  return locks;
}

/**
 * How the table identifies an open file.
 *
 * The device is that of the file system. On btrfs `stat` returns another one, that of the subvolume; the mount
 * table has the right one, under the id of the mount on which the descriptor was opened.
 */
export function identify(fs: FileSystem, descriptor: number): LockedFile {
  const { dev, ino } = fs.fstatSync(descriptor, { bigint: true });
  const mounted = mountedDevice(fs, descriptor);
  return { devices: [deviceName(dev), ...(mounted === null ? [] : [mounted])], inode: String(ino) };
}

/** The two halves of a device number as Linux packs them: glibc's `gnu_dev_major` and `gnu_dev_minor`. */
export function deviceName(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

function mountedDevice(fs: FileSystem, descriptor: number): string | null {
  try {
    const id = /^mnt_id:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1];
    const mounts = fs.readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
    return mounts.map((mount) => mount.split(' ')).find(([mountId]) => mountId === id)?.[2] ?? null;
  } catch {
    return null;
  }
}
