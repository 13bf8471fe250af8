/**
 * Where the bytes of file volumes live: a folder of this host, or of the origin's private file system in browsers.
 * What fails half-way leaves nothing behind.
 */
export interface FilePlace {
  /** Whether what was never written takes nothing of the capacity. */
  readonly isThin: boolean;
  /** Makes the folder where it is missing, and sees that files can be made in it. */
  prepare(): Promise<void>;
  /** Makes a file of that many zeros, which take no room where the file system can. Throws `DuplicateEntry`. */
  create(name: string, bytes: number): Promise<void>;
  /** Makes `to` of the content of `from`, with zeros after it up to `bytes`. */
  copy(from: string, to: string, bytes: number): Promise<void>;
  /** Adds zeros to the end. */
  grow(name: string, bytes: number): Promise<void>;
  /** Removes the file; one that is not there is no error. */
  remove(name: string): Promise<void>;
  /** The bytes that the file claims to have; null when there is none. */
  size(name: string): Promise<number | null>;
  /** The files, with the bytes that each claims to have. */
  sizes(): Promise<ReadonlyMap<string, number>>;
  /** Bytes of the file system underneath; null when nobody can tell. */
  capacity(): Promise<{ readonly total: number; readonly free: number } | null>;
  /** The name by which programs on this host find the file. */
  path(name: string): string;
}

/** The files of volumes and snapshots. Others in the folder are somebody else's. */
export const ofVolumes = /^(?:volume|snapshot)-[\w.+-]+$/;
