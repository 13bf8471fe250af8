/** The contract of storages, on a SQLite file with soft deletes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';
import { persistenceContract } from 'cinderlib-wasm/testing';
import { test } from 'vitest';

let folder = '';
persistenceContract({
  test,
  setup,
  storage: () => {
    folder = mkdtempSync(join(tmpdir(), 'cinderlib-'));
    return { storage: 'db', connection: `sqlite:///${folder}/cl.sqlite`, soft_deletes: true };
  },
  cleanUp: () => rmSync(folder, { recursive: true }),
});
