/** Reads and writes a volume's content through a file or device, as a program on its host would. */
import { open } from 'node:fs/promises';
import type { Volume } from 'cinderlib-wasm';
import type { Bytes } from 'cinderlib-wasm/testing';

/** @param path where the volume is on this host */
export function fileBytes(path: (volume: Volume) => string): Bytes {
  return {
    async read(volume, at, length) {
      await using file = await open(path(volume), 'r');
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, at);
      return bytes.subarray(0, bytesRead);
    },
    async write(volume, at, bytes) {
      await using file = await open(path(volume), 'r+');
      await file.write(bytes, 0, bytes.length, at);
      await file.sync();
    },
  };
}
