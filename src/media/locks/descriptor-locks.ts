/**
 * The locks that a process holds through one descriptor, as Linux lists them in `/proc/<pid>/fdinfo/<descriptor>`.
 *
 * The table of all locks has them too, but reading that waits for an RCU grace period unless it was read within the
 * last 20 ms or so (7 to 12 ms; see `locks_start` in the kernel's fs/locks.c). One descriptor takes 10 µs.
 */
import type { FileSystem } from '../filesystem/disk-file.ts';
import { type ByteLock, type LockedFile, parseLocks } from './lock-table.ts';
import { ProcFile } from './proc-file.ts';

export class DescriptorLocks {
  readonly #file: LockedFile;
  readonly #source: ProcFile;

  private constructor(file: LockedFile, source: ProcFile) {
    this.#file = file;
    this.#source = source;
  }

  /**
   * Finds the descriptor through which a process currently holds a lock on a file; null if it holds none, or none that
   * can be seen.
   *
   * @param descriptor one of ours on the same file, whether or not the lock is held through it
   */
  static find(fs: FileSystem, pid: number, descriptor: number, file: LockedFile): DescriptorLocks | null {
    try {
      const path = fs.readlinkSync(`/proc/self/fd/${descriptor}`);
      for (const name of fs.readdirSync(`/proc/${pid}/fd`)) {
        if (linkOf(fs, `/proc/${pid}/fd/${name}`) !== path) continue;
        const found = new DescriptorLocks(file, new ProcFile(fs, `/proc/${pid}/fdinfo/${name}`));
        if (found.locks().length > 0) return found;
        found.close();
      }
    } catch {
      // A process of another user, one that has exited, or no descriptor left for us: the table of all locks decides.
    }
    return null;
  }

  /** Empty once the descriptor is closed or the process has exited. */
  locks(): readonly ByteLock[] {
    try {
      return parseLocks(this.#source.read().text, this.#file);
    } catch {
      return [];
    }
  }

  close(): void {
    this.#source.close();
  }
}

/** The target of a descriptor's link; null if it was closed after it was listed. */
function linkOf(fs: FileSystem, link: string): string | null {
  try {
    return fs.readlinkSync(link);
  } catch {
    return null;
  }
}
