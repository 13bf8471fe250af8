/** Stands in for a browser's private file system: the handles of its files work on a folder on disk. */
import fs from 'node:fs';
import path from 'node:path';
import { vi } from 'vitest';
import type { AccessHandle } from '../../../src/runtime.ts';

/** What a test does when a file that is open is looked up or measured, where it can throw, and when a handle is closed. */
export interface PrivateFileHooks {
  readonly lookUp?: () => void;
  readonly measure?: () => void;
  readonly close?: () => void;
}

export function stubPrivateFiles(folder: string, hooks: PrivateFileHooks = {}): void {
  const root = {
    getFileHandle: async (name: string, { create = false }: FileSystemGetFileOptions = {}) => {
      if (!create) hooks.lookUp?.();
      return { createSyncAccessHandle: async () => accessHandle(path.join(folder, name), hooks) };
    },
    removeEntry: async (name: string) => fs.rmSync(path.join(folder, name)),
  };
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => root } });
}

function accessHandle(file: string, { measure, close }: PrivateFileHooks): AccessHandle {
  const descriptor = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT);
  return {
    read: (target, { at }) => fs.readSync(descriptor, target, 0, target.length, at),
    write: (source, { at }) => fs.writeSync(descriptor, source, 0, source.length, at),
    truncate: (size) => fs.ftruncateSync(descriptor, size),
    getSize() {
      measure?.();
      return fs.fstatSync(descriptor).size;
    },
    flush: () => fs.fdatasyncSync(descriptor),
    close() {
      fs.closeSync(descriptor);
      close?.();
    },
  };
}
