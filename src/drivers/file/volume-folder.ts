/**
 * Where file volumes are stored: a folder on this host, or in browsers one in the origin private file system.
 * A failed operation leaves nothing behind.
 */
export interface VolumeFolder {
  /** Whether parts that were never written take none of the capacity. */
  readonly isThin: boolean;
  /** Creates the folder if it is missing, and checks that files can be created in it. */
  prepare(): Promise<void>;
  /** Creates a file of zeros, sparse if the file system supports that. Throws `DuplicateEntry`. */
  create(name: string, bytes: number): Promise<void>;
  /** Copies `from` to `to` and extends the copy with zeros to `bytes`. */
  copy(from: string, to: string, bytes: number): Promise<void>;
  /** Extends the file with zeros to `bytes`. */
  grow(name: string, bytes: number): Promise<void>;
  /** Removes the file. A missing file is not an error. */
  remove(name: string): Promise<void>;
  /** The nominal size of the file in bytes; null if it does not exist. */
  size(name: string): Promise<number | null>;
  /** The nominal size of each file in bytes, by name. */
  sizes(): Promise<ReadonlyMap<string, number>>;
  /** The capacity of the file system in bytes; null if unknown. */
  capacity(): Promise<{ readonly total: number; readonly free: number } | null>;
  /** The path by which programs on this host find the file. */
  path(name: string): string;
}

/** The names of volume and snapshot files. Other files in the folder are not ours. */
export const volumeFileName = /^(?:volume|snapshot)-[\w.+-]+$/;
