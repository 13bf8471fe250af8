/** The contract of volume drivers on files in a folder, for whichever runner registers the tests. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';
import { type VolumeDriverHarness, volumeDriverContract } from 'cinderlib-wasm/testing';
import { fileBytes } from '../support/file-bytes.ts';

export function fileContract(test: VolumeDriverHarness['test']): void {
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
}
