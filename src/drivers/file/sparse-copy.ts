/**
 * Copies a file so that what is zero takes no room: by reference where the file system can share the blocks
 * of two files (Btrfs, XFS, bcachefs, APFS), else by passing over holes, as GNU's cp can, else by reading all of it.
 */
import { isAllowed } from '../../runtime.ts';
import { Commands } from '../command.ts';
import { filledParts } from './filled-parts.ts';

type Fs = typeof import('node:fs');

/** What is read at once. */
const chunk = 1 << 20;

/** @param bytes The size of the copy; beyond the content of `from` it is zero. */
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
    // Deno has the function and not the flag, and fills the holes.
    return (await fs.promises.stat(to)).blocks <= (await fs.promises.stat(from)).blocks;
  } catch {
    // Most file systems cannot, and each has its own code for it. What is wrong otherwise the reading meets too.
    return false;
  }
}

/** Node cannot ask where the holes of a file are, and reads a terabyte of nothing from end to end. */
async function copiedByProgram(from: string, to: string): Promise<boolean> {
  if (!isAllowed({ name: 'run', command: 'cp' })) return false;
  try {
    const day = 86_400;
    // Whoever it runs as: to be told, Deno wants another permission.
    await new Commands({ rootHelper: '', timeout: day, asRoot: true }).run('cp', [
      '--reflink=auto',
      '--sparse=always',
      '--',
      from,
      to,
    ]);
    return true;
  } catch {
    // Another cp, or none. What is wrong otherwise the reading meets too.
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
