/**
 * The locks that a process holds by one of its descriptors, as Linux shows them in `/proc/<pid>/fdinfo/<descriptor>`.
 *
 * They are in the table of all locks as well, but whoever has not read that for some 50 ms waits for a grace period
 * of the kernel (7 to 12 ms, see `locks_start` in its fs/locks.c). One descriptor is read in 10 µs.
 */
import type { FileSystem } from './disk-file.ts';
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
   * The descriptor by which a process holds a lock on a file now; null where it holds none, or does not show it.
   *
   * @param descriptor one of ours of the same file, which need not be the one that the lock is held by
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
      // Another user's process, one that has ended, or no descriptors left: the table of all locks tells.
    }
    return null;
  }

  /** None as soon as the descriptor is closed, or the process has ended. */
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

/** What a descriptor leads to; null for one that has been closed since it was listed. */
function linkOf(fs: FileSystem, link: string): string | null {
  try {
    return fs.readlinkSync(link);
  } catch {
    return null;
  }
}
