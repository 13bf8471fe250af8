/** A disk of a few megabytes, which can be filled: memory that is mounted as one. Only root of Linux can do that. */
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

  /** Mounts one on a folder, whose owner it keeps; null where that cannot be done. */
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

  /** Leaves no more than so many kilobytes. */
  fill(left: number): void {
    const { bavail, bsize } = statfsSync(this.path);
    writeFileSync(this.#ballast, Buffer.alloc(Math.max(0, bavail * bsize - left * 1024)));
  }

  /** Makes room again. */
  clear(): void {
    rmSync(this.#ballast, { force: true });
  }

  /** What still has a file of it open may keep it for a while: then it goes when that is closed. */
  unmount(): void {
    execFileSync('umount', ['--lazy', this.path]);
  }
}

/** Why there is no such disk. */
export const noSmallDisk = 'only root of Linux, where file systems can be mounted, can make a disk that is full';
