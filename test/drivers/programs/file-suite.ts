/** The contract of volume drivers on files, in whichever runtime runs this: `node file-suite.mjs`, `deno run …`, `bun …`. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';
import { volumeDriverContract } from 'cinderlib-wasm/testing';
import { type Case, runCases } from '../../support/cases.ts';
import { fileBytes } from '../../support/file-bytes.ts';

const cases: Case[] = [];
let directory = '';
volumeDriverContract({
  test: (name, body) => cases.push([name, body]),
  setup,
  backend: () => {
    directory = mkdtempSync(join(tmpdir(), 'volumes-'));
    return { volume_backend_name: 'files', volume_driver: 'cinderlib_wasm.drivers.FileVolumeDriver', directory };
  },
  bytes: fileBytes(({ id }) => join(directory, `volume-${id}`)),
  leftovers: () => readdirSync(directory),
  cleanUp: () => rmSync(directory, { recursive: true }),
});
await runCases(cases);
