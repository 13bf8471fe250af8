/** Runs the contract suite on SQLite files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PersistenceConfig, setup } from 'cinderlib-wasm';
import { persistenceContract } from 'cinderlib-wasm/testing';
import { test } from 'vitest';

export function fileContract(options: PersistenceConfig = {}): void {
  let folder = '';
  persistenceContract({
    test,
    setup,
    storage: () => {
      folder = mkdtempSync(join(tmpdir(), 'cinderlib-'));
      return { storage: 'db', connection: `sqlite:///${folder}/cl.sqlite`, ...options };
    },
    cleanUp: () => rmSync(folder, { recursive: true }),
  });
}
