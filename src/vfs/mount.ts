/** One open database as the VFS sees it: its name, its medium, and what went wrong in it. */
import type { CinderlibError } from '../errors/index.ts';
import { errnoOf, storageFailure } from '../media/failure.ts';
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
    const failure = storageFailure('use', this.medium.path, error);
    if (this.#failure === null) {
      this.#failure = failure;
      this.#inDoubt = inDoubt;
    }
    return code !== Code.cantOpen && noSpace.has(errnoOf(failure) ?? '') ? Code.full : code;
  }
}
