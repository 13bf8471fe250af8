/**
 * Creates and extends files in the origin private file system, in a worker: only workers have access handles, which
 * change a file in place. The handles available to pages copy the whole file for every change, zeros included: 8 s for
 * 1 GiB, which takes a millisecond here.
 */
import {
  type AccessHandle,
  type AccessibleFile,
  hasAccessHandles,
  pause,
  privateFiles,
  webLocks,
} from '../../runtime.ts';
import type { FileAnswer, FileRequest } from './file-task.ts';
import { filledParts } from './filled-parts.ts';

/** Bytes copied at a time. */
const chunk = 4 << 20;

/** How long a worker that has just ended may keep a file locked, and the delay between attempts, in milliseconds. */
const patience = 1000;
const retryDelay = 20;

/** The name of a file until it is complete. */
const partial = /^\.(?<name>(?:volume|snapshot)-[\w.+-]+)\.part$/;

type Folder = FileSystemDirectoryHandle;

/** The Web Lock of a file: with it, tabs that use the same file wait for each other; access handles would just fail. */
type LockOf = (name: string) => string;

/** Performs a task. Never throws: errors are returned as data. */
export async function doFileTask(request: FileRequest): Promise<FileAnswer> {
  try {
    await run(request);
    return null;
  } catch (error) {
    return error instanceof Error
      ? { name: error.name, message: error.message }
      : { name: 'Error', message: String(error) };
  }
}

async function run({ path, task }: FileRequest): Promise<void> {
  const folder = await folderAt(path, task.kind === 'prepare');
  const lock: LockOf = (name) => `cinderlib-wasm files ${[...path, name].join('/')}`;
  switch (task.kind) {
    case 'prepare':
      return prepare(folder, lock);
    case 'make':
      return locked(lock(task.name), {}, () => make(folder, task, lock));
    case 'grow':
      return locked(lock(task.name), {}, () => opened(folder, task.name, (file) => file.truncate(task.bytes)));
  }
}

/** Removes partial files whose lock nobody holds, since their page was closed. */
async function prepare(folder: Folder, lock: LockOf): Promise<void> {
  if (!hasAccessHandles()) throw failure('NotSupportedError');
  for await (const part of folder.keys()) {
    const name = partial.exec(part)?.groups?.['name'];
    if (name !== undefined) await locked(lock(name), { ifAvailable: true }, () => removed(folder, part));
  }
}

interface Making {
  readonly name: string;
  readonly from: string | null;
  readonly bytes: number;
}

/** Writes the file under a temporary name first, so that no partial file is ever seen. */
async function make(folder: Folder, { name, from, bytes }: Making, lock: LockOf): Promise<void> {
  if (await has(folder, name)) throw failure('InvalidModificationError');
  const part = `.${name}.part`;
  try {
    const file = await accessible(folder, part, true);
    await opened(folder, part, async (target) => {
      // A file left by a page that was closed may not be empty.
      target.truncate(0);
      if (from !== null) {
        await locked(lock(from), {}, () => opened(folder, from, (source) => copy(source, target)));
      }
      target.truncate(bytes);
    });
    await file.move(name);
  } catch (error) {
    await removed(folder, part).catch(() => {}); // The first error is the one to report.
    throw error;
  }
}

function copy(source: AccessHandle, target: AccessHandle): void {
  const buffer = new Uint8Array(chunk);
  for (let at = 0; ; ) {
    const length = source.read(buffer, { at });
    if (length === 0) return;
    for (const [start, end] of filledParts(buffer.subarray(0, length))) {
      const written = target.write(buffer.subarray(start, end), { at: at + start });
      // When the quota is exhausted, some browsers write less instead of throwing.
      if (written !== end - start) throw failure('QuotaExceededError');
    }
    at += length;
  }
}

/** Uses a file exclusively, then flushes it to disk. */
async function opened(
  folder: Folder,
  name: string,
  use: (handle: AccessHandle) => void | Promise<void>,
): Promise<void> {
  const handle = await patiently(async () => {
    const file = await accessible(folder, name, false);
    // The method exists: `prepare` has checked.
    return file.createSyncAccessHandle?.();
  });
  if (handle === undefined) throw failure('NotSupportedError');
  try {
    await use(handle);
    handle.flush();
  } finally {
    handle.close();
  }
}

async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + patience;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (nameOf(error) !== 'NoModificationAllowedError' || performance.now() > end) throw error;
      await pause(retryDelay);
    }
  }
}

async function accessible(folder: Folder, name: string, create: boolean): Promise<AccessibleFile> {
  const file: unknown = await folder.getFileHandle(name, { create });
  return file as AccessibleFile;
}

async function folderAt(path: readonly string[], create: boolean): Promise<Folder> {
  const root = privateFiles();
  if (root === undefined) throw failure('NotSupportedError');
  let folder = await root();
  for (const name of path) folder = await folder.getDirectoryHandle(name, { create });
  return folder;
}

async function has(folder: Folder, name: string): Promise<boolean> {
  try {
    await folder.getFileHandle(name);
    return true;
  } catch (error) {
    if (nameOf(error) === 'NotFoundError') return false;
    throw error;
  }
}

async function removed(folder: Folder, name: string): Promise<void> {
  if (await has(folder, name)) await folder.removeEntry(name);
}

/** Runs the task while holding the file's lock; with `ifAvailable`, skips it if the lock is held elsewhere. */
async function locked(name: string, options: LockOptions, task: () => Promise<void>): Promise<void> {
  const locks = webLocks();
  if (locks === undefined) throw failure('NotSupportedError');
  await locks.request(name, options, async (lock) => {
    if (lock !== null) await task();
  });
}

/** An error as browsers throw it. */
function failure(name: string): DOMException {
  return new DOMException('', name);
}

function nameOf(error: unknown): string | null {
  return error instanceof Error ? error.name : null;
}
