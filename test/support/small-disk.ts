/** A disk of a few megabytes that can be filled up: a mounted tmpfs, which only root on Linux can create. */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class SmallDisk {
  readonly path: string;
  readonly #ballast: string;

  private constructor(path: string) {
    this.path = path;
    this.#ballast = join(path, 'ballast');
  }

  /** Mounts one on a folder, whose owner it keeps; null if that is not possible. */
  static mount(path: string, megabytes: number): SmallDisk | null {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return null;
    mkdirSync(path, { recursive: true });
    const { uid, gid } = statSync(path);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'ignore' });
    } catch {
      return null;
    }
    chownSync(path, uid, gid);
    return new SmallDisk(path);
  }

  /** Fills the disk, leaving no more than that many kilobytes. */
  fill(left: number): void {
    const { bavail, bsize } = statfsSync(this.path);
    writeFileSync(this.#ballast, Buffer.alloc(Math.max(0, bavail * bsize - left * 1024)));
  }

  /** Frees the space again. */
  clear(): void {
    rmSync(this.#ballast, { force: true });
  }

  /** Unmounts it lazily: the disk lives on until the last open file on it is closed. */
  unmount(): void {
    execFileSync('umount', ['--lazy', this.path]);
  }
}

/** Why there is no such disk. */
export const noSmallDisk = 'only root of Linux, where file systems can be mounted, can make a disk that is full';
