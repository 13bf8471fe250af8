/**
 * Copies a file so that zeros take no space: with GNU cp, which shares blocks where the file system can (Btrfs, XFS,
 * bcachefs) and skips holes elsewhere; without it as a reflink (APFS too), or else by reading all of it.
 */
import { isAllowed } from '../../runtime.ts';
import { Commands } from '../command.ts';
import { filledParts } from './filled-parts.ts';

type Fs = typeof import('node:fs');

/** Bytes read at a time. */
const chunk = 1 << 20;

/** @param bytes The size of the copy; the part beyond the content of `from` is zero. */
export async function copySparsely(fs: Fs, from: string, to: string, bytes: number): Promise<void> {
  if ((await copiedByProgram(from, to)) || (await shared(fs, from, to))) return finish(fs, to, bytes);
  const source = await fs.promises.open(from, 'r');
  try {
    const target = await fs.promises.open(to, 'w');
    try {
      const buffer = new Uint8Array(chunk);
      for (let place = 0; ; ) {
        const { bytesRead } = await source.read(buffer, 0, chunk, place);
        if (bytesRead === 0) break;
        for (const [start, end] of filledParts(buffer.subarray(0, bytesRead))) {
          await writeAll(target, buffer.subarray(start, end), place + start);
        }
        place += bytesRead;
      }
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
  await finish(fs, to, bytes);
}

async function shared(fs: Fs, from: string, to: string): Promise<boolean> {
  try {
    await fs.promises.copyFile(from, to, fs.constants.COPYFILE_FICLONE_FORCE);
    // Deno has the function but not the flag, and fills the holes.
    return (await fs.promises.stat(to)).blocks <= (await fs.promises.stat(from)).blocks;
  } catch {
    // Most file systems have no reflinks, each with its own error code. Any other problem will recur when reading.
    return false;
  }
}

/** Node cannot find the holes of a file, and would read a terabyte of zeros from end to end. */
async function copiedByProgram(from: string, to: string): Promise<boolean> {
  if (!isAllowed({ name: 'run', command: 'cp' })) return false;
  try {
    const day = 86_400;
    // Whichever user this is: Deno needs another permission to tell.
    await new Commands({ rootHelper: '', timeout: day, asRoot: true }).run('cp', [
      '--reflink=auto',
      '--sparse=always',
      '--',
      from,
      to,
    ]);
    return true;
  } catch {
    // cp is missing or not GNU's. Any other problem will recur when reading.
    return false;
  }
}

async function finish(fs: Fs, path: string, bytes: number): Promise<void> {
  const file = await fs.promises.open(path, 'r+');
  try {
    await file.truncate(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

type FileHandle = Awaited<ReturnType<Fs['promises']['open']>>;

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}
