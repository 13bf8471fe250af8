/**
 * What the worker of files is asked for, and what it answers: types alone. Files are named by their paths, since
 * not every browser can send a handle to a worker.
 */
export type FileTask =
  /** Makes the folder, sees that it can be written to, and removes what was being made when its page went away. */
  | { readonly kind: 'prepare' }
  /** Makes a file of so many bytes: what another one holds, if one is given, and zeros after it. */
  | { readonly kind: 'make'; readonly name: string; readonly from: string | null; readonly bytes: number }
  /** Adds zeros to the end of a file, up to so many bytes. */
  | { readonly kind: 'grow'; readonly name: string; readonly bytes: number };

export interface FileRequest {
  /** The folders that lead to the files, from the root. */
  readonly path: readonly string[];
  readonly task: FileTask;
}

/** What went wrong, by the browser's word for it; null when nothing did. */
export type FileAnswer = { readonly name: string; readonly message: string } | null;
