/** The contract of volume drivers, on files in a folder. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';
import { volumeDriverContract } from 'cinderlib-wasm/testing';
import { test } from 'vitest';
import { fileBytes } from '../support/file-bytes.ts';

let directory = '';
volumeDriverContract({
  test,
  setup,
  backend: () => {
    directory = mkdtempSync(join(tmpdir(), 'volumes-'));
    return { volume_backend_name: 'files', volume_driver: 'cinderlib_wasm.drivers.FileVolumeDriver', directory };
  },
  bytes: fileBytes(({ id }) => join(directory, `volume-${id}`)),
  leftovers: () => readdirSync(directory),
  cleanUp: () => rmSync(directory, { recursive: true }),
});
