/** What a test asks of a runtime, and what the runtime answers: as JSON, for that is all that crosses. */

export type StorageName = 'memory' | 'memory_db' | 'filesystem' | 'indexeddb' | 'opfs';

export interface Golden {
  readonly name: string;
  readonly file: string;
  readonly expected: string;
  readonly backends: readonly string[];
  readonly queries: readonly unknown[];
}

export type Task =
  /** The SHA-256 of files of `dist/`, as the runtime gets them. */
  | { readonly kind: 'hashes'; readonly files: readonly string[] }
  | { readonly kind: 'contract'; readonly storage: StorageName }
  /** Opens a storage, and one with initial content, where neither works. */
  | { readonly kind: 'refusals'; readonly storage: StorageName }
  /** Changes in which WebAssembly traps. */
  | { readonly kind: 'traps'; readonly storage: StorageName }
  /** The file driver, on files of the browser: the tests whose names match. */
  | { readonly kind: 'files'; readonly matching: string }
  | { readonly kind: 'goldens'; readonly storage: StorageName; readonly goldens: readonly Golden[] };

export interface Failure {
  readonly name: string;
  readonly error: string;
}

export interface Outcome {
  readonly passed: readonly string[];
  readonly failed: readonly Failure[];
  readonly hashes: readonly (readonly [file: string, sha256: string])[];
}
