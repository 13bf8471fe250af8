/** Synchronous access handles of files, as far as they are used: TypeScript knows them for programs of workers alone. */
export interface AccessHandle {
  read(target: Uint8Array, options: { readonly at: number }): number;
  write(source: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/** A file of the browser's, in browsers that have such handles. They can move files too. */
export interface AccessibleFile extends FileSystemFileHandle {
  createSyncAccessHandle?(): Promise<AccessHandle>;
  move(name: string): Promise<void>;
}
