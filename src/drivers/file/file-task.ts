/**
 * The messages to and from the file worker; types only. Files are named by path, since not every browser can send a
 * handle to a worker.
 */
export type FileTask =
  /** Creates the folder, checks that files can be written, and removes partial files of pages that were closed. */
  | { readonly kind: 'prepare' }
  /** Creates a file of that size: a copy of `from`, if given, followed by zeros. */
  | { readonly kind: 'make'; readonly name: string; readonly from: string | null; readonly bytes: number }
  /** Extends a file with zeros to that size. */
  | { readonly kind: 'grow'; readonly name: string; readonly bytes: number };

export interface FileRequest {
  /** The path of the folder, from the root. */
  readonly path: readonly string[];
  readonly task: FileTask;
}

/** The name and message of the browser's error; null on success. */
export type FileAnswer = { readonly name: string; readonly message: string } | null;
