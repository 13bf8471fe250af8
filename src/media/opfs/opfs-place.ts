/** Finds a database in the origin private file system (OPFS), and opens the handles of its files. */
import { type CinderlibError, DatabaseLocked, DatabaseUnavailable } from '../../errors/index.ts';
import { type AccessHandle, type AccessibleFile, losesTornLogs, pause, privateFiles } from '../../runtime.ts';
import { rollbackJournal, usesLog, writeVersionAt } from '../../sqlite-header.ts';
import { browserFailure, browserOpenFailure, browserWord, noDatabase } from '../browser-failure.ts';
import { type FileKind, lastingFiles } from '../medium.ts';
import { type TemporarySuffix, temporarySuffix } from '../temporary-suffix.ts';
import { OpfsFile } from './opfs-file.ts';

/** How long a worker that has just ended may still hold a file, and the pause between attempts, in milliseconds. */
const patience = 500;
const retryDelay = 20;
/**
 * Characters that fill more than a block of Chromium's log of names, which has 32,768 bytes, even if the directory is there
 * already and only its removal is logged. Chromium does not limit the length of names in a private file system; while the
 * directory is there, it counts two bytes of the quota for each character.
 */
const longerThanABlock = 33_000;

export class OpfsPlace {
  /** The database's name in messages. */
  readonly path: string;
  readonly #folder: FileSystemDirectoryHandle;
  readonly #name: string;

  private constructor(path: string, folder: FileSystemDirectoryHandle, name: string) {
    this.path = path;
    this.#folder = folder;
    this.#name = name;
  }

  /**
   * @param database a path below the root of the file system; its folders are created when `create` is set
   * @throws {DatabaseUnavailable | StorageFailure}
   */
  static async find(database: string, path: string, create: boolean): Promise<OpfsPlace> {
    const folders = database.split('/').filter((part) => part !== '' && part !== '.');
    const name = folders.pop();
    if (name === undefined) throw new DatabaseUnavailable(`${path} names no file. Write sqlite:///name.`, path);
    try {
      let folder = await root(path);
      if (create) await leaveTornBlock(folder, [...folders, name].join(' '));
      for (const part of folders) folder = await folder.getDirectoryHandle(part, { create });
      return new OpfsPlace(path, folder, name);
    } catch (error) {
      throw placeFailure(path, error);
    }
  }

  /** The file, for reading it without a handle; null when there is none. */
  async file(kind: FileKind): Promise<File | null> {
    try {
      return await (await this.#folder.getFileHandle(this.#name + kind)).getFile();
    } catch (error) {
      if (browserWord(error) === 'NotFoundError') return null;
      throw placeFailure(this.path + kind, error);
    }
  }

  /** All files that make up the database; null for those that do not exist. */
  async files(): Promise<ReadonlyMap<FileKind, File | null>> {
    return new Map(await Promise.all(lastingFiles.map(async (kind) => [kind, await this.file(kind)] as const)));
  }

  /**
   * Whether one of these files was removed: only clearing the data of the site can do that while they are open. It takes
   * them one by one, and a database that is opened meanwhile may keep some of its own.
   *
   * @throws {StorageFailure} when the browser cannot tell
   */
  async isGone(kinds: Iterable<FileKind>): Promise<boolean> {
    try {
      await Promise.all([...kinds].map((kind) => this.#handle(kind, false)));
      return false;
    } catch (error) {
      if (browserWord(error) === 'NotFoundError') return true;
      throw browserFailure('look up', this.path, error);
    }
  }

  /** Opens a file exclusively, for reading and writing in place. Creates it when there is none. */
  async open(kind: FileKind | TemporarySuffix): Promise<AccessHandle> {
    const startedAt = performance.now();
    for (;;) {
      try {
        const handle = await this.#handle(kind, true);
        if (handle.createSyncAccessHandle === undefined) throw withoutHandles(this.path);
        return await handle.createSyncAccessHandle();
      } catch (error) {
        const isHeld = browserWord(error) === 'NoModificationAllowedError';
        if (!isHeld || performance.now() - startedAt > patience) throw placeFailure(this.path, error);
        await pause(retryDelay);
      }
    }
  }

  /** Stores the whole content under the database's name, or nothing. */
  async seed(content: Uint8Array): Promise<void> {
    const suffix = temporarySuffix();
    try {
      const temporary = new OpfsFile(await this.open(suffix), this.path);
      try {
        temporary.truncate(0);
        temporary.write(content, 0);
        // It comes without a log, and must not look as if that were lost when it is not opened any more.
        if (usesLog(content)) temporary.write(new Uint8Array(2).fill(rollbackJournal), writeVersionAt);
        temporary.sync();
      } finally {
        temporary.release();
      }
      await (await this.#handle(suffix, false)).move(this.#name);
    } catch (error) {
      await this.remove(suffix).catch(() => {});
      throw placeFailure(this.path, error);
    }
  }

  /** Removes a file that nobody has open. A missing one is not an error. */
  async remove(kind: FileKind | TemporarySuffix): Promise<void> {
    try {
      await this.#folder.removeEntry(this.#name + kind);
    } catch (error) {
      if (browserWord(error) !== 'NotFoundError') throw placeFailure(this.path + kind, error);
    }
  }

  async #handle(kind: FileKind | TemporarySuffix, create: boolean): Promise<AccessibleFile> {
    const handle: unknown = await this.#folder.getFileHandle(this.#name + kind, { create });
    return handle as AccessibleFile;
  }
}

async function root(path: string): Promise<FileSystemDirectoryHandle> {
  const getDirectory = privateFiles();
  if (getDirectory === undefined) {
    throw new DatabaseUnavailable(
      `Cannot open ${path}: this browser has no private file system for this page (navigator.storage.getDirectory). ` +
        "Serve the page over HTTPS or from localhost, or choose the medium 'indexeddb'.",
      path,
    );
  }
  return getDirectory();
}

/**
 * Makes Chromium go on in another block of its log of names. If it was killed in the middle of a record, or the disk was full,
 * it appends to the torn record, and later ignores the rest of that block: files named there would be gone (decision 153).
 *
 * @param name what no other opener uses at the same time: the browser refuses to remove one directory twice at once
 */
async function leaveTornBlock(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  if (!losesTornLogs()) return;
  const filler = name + '-'.repeat(longerThanABlock);
  try {
    await folder.getDirectoryHandle(filler, { create: true });
    await folder.removeEntry(filler);
  } catch (error) {
    // The word for a name that is not allowed, should a Chromium ever limit the length: no reason to open nothing any more.
    if (!(error instanceof TypeError)) throw error;
  }
}

function placeFailure(path: string, cause: unknown): CinderlibError {
  switch (browserWord(cause)) {
    case 'NoModificationAllowedError':
      return new DatabaseLocked(
        `${path} is in use: another tab or worker of this site has its file open. Close it there, or try again.`,
      );
    case 'NotSupportedError':
      return withoutHandles(path, cause);
    case 'NotFoundError':
      return noDatabase(path, { cause });
    case 'TypeMismatchError':
      return new DatabaseUnavailable(
        `Cannot open ${path}: part of the path is a file instead of a folder, or the reverse.`,
        path,
        { cause },
      );
    case 'TypeError':
      return new DatabaseUnavailable(`Cannot open ${path}: the browser does not allow this name.`, path, { cause });
    default:
      return browserOpenFailure(path, cause);
  }
}

function withoutHandles(path: string, cause?: unknown): DatabaseUnavailable {
  return new DatabaseUnavailable(
    `Cannot open ${path}: there are no synchronous access handles here (FileSystemFileHandle.createSyncAccessHandle). ` +
      "Browsers offer them only in workers: omit worker: false, or choose the medium 'indexeddb'.",
    path,
    { cause },
  );
}
