/** One open database as the VFS sees it: its name, its medium, and what went wrong in it. */
import { CinderlibError, StorageFailure } from '../errors/index.ts';
import type { Medium, MediumFile } from '../media/medium.ts';
import { Code } from './codes.ts';

const noSpace = new Set(['ENOSPC', 'EDQUOT', 'QuotaExceeded']);

export class Mount {
  /** The file name that SQLite knows the database by. */
  readonly name: string;
  readonly medium: Medium;
  /** The database file, as SQLite has it open. */
  main: MediumFile | null = null;
  #failure: CinderlibError | null = null;
  #inDoubt = false;

  constructor(name: string, medium: Medium) {
    this.name = name;
    this.medium = medium;
  }

  /** The first error that the medium threw since {@link clear}: SQLite itself only says "disk I/O error". */
  get failure(): CinderlibError | null {
    return this.#failure;
  }

  /** True when the first failure came after the commit point, so that either outcome is possible. */
  get inDoubt(): boolean {
    return this.#inDoubt;
  }

  clear(): void {
    this.#failure = null;
    this.#inDoubt = false;
  }

  /**
   * Keeps what a file threw, since an exception must not cross WebAssembly, and returns the result code
   * for SQLite: `code`, or SQLITE_FULL when there was no space left.
   */
  fail(error: unknown, code: number, inDoubt = false): number {
    const failure = this.#typed(error);
    if (this.#failure === null) {
      this.#failure = failure;
      this.#inDoubt = inDoubt;
    }
    const errno = failure instanceof StorageFailure ? failure.errno : null;
    return code !== Code.cantOpen && noSpace.has(errno ?? '') ? Code.full : code;
  }

  /** A medium throws errors of ours; anything else is a fault of the library, and as good as a broken disk. */
  #typed(error: unknown): CinderlibError {
    if (error instanceof CinderlibError) return error;
    const { path } = this.medium;
    return new StorageFailure(`Cannot use ${path}: ${String(error)}`, path, null, { cause: error });
  }
}
