/** The parts of synchronous access handles that are used: TypeScript declares them for programs of workers only. */
export interface AccessHandle {
  read(target: Uint8Array, options: { readonly at: number }): number;
  write(source: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/** A file in the origin private file system of a browser that has such handles, and can move files too. */
export interface AccessibleFile extends FileSystemFileHandle {
  createSyncAccessHandle?(): Promise<AccessHandle>;
  move(name: string): Promise<void>;
}
