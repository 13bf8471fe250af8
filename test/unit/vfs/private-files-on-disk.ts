/** Stands in for a browser's private file system: the handles of its files work on a folder on disk. */
import fs from 'node:fs';
import path from 'node:path';
import { vi } from 'vitest';
import type { AccessHandle } from '../../../src/runtime.ts';

/**
 * What a test does before anything is changed, and when a file that is open is looked up or measured, where it can throw, and
 * when a handle is closed.
 */
export interface PrivateFileHooks {
  readonly change?: () => void;
  readonly lookUp?: () => void;
  readonly measure?: () => void;
  readonly close?: () => void;
}

export function stubPrivateFiles(folder: string, hooks: PrivateFileHooks = {}): void {
  const change = (): void => hooks.change?.();
  const root = {
    getFileHandle: async (name: string, { create = false }: FileSystemGetFileOptions = {}) => {
      const file = path.join(folder, name);
      if (!create) hooks.lookUp?.();
      if (!create && !fs.existsSync(file)) throw new DOMException(`There is no ${name}.`, 'NotFoundError');
      if (!fs.existsSync(file)) {
        change();
        fs.writeFileSync(file, '');
      }
      return {
        getFile: async () => new File([fs.readFileSync(file)], name),
        createSyncAccessHandle: async () => accessHandle(file, hooks),
        async move(to: string) {
          change();
          fs.renameSync(file, path.join(folder, to));
        },
      };
    },
    async removeEntry(name: string) {
      change();
      fs.rmSync(path.join(folder, name));
    },
  };
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => root } });
}

function accessHandle(file: string, { change, measure, close }: PrivateFileHooks): AccessHandle {
  const descriptor = fs.openSync(file, fs.constants.O_RDWR);
  return {
    read: (target, { at }) => fs.readSync(descriptor, target, 0, target.length, at),
    write(source, { at }) {
      change?.();
      return fs.writeSync(descriptor, source, 0, source.length, at);
    },
    truncate(size) {
      change?.();
      fs.ftruncateSync(descriptor, size);
    },
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
