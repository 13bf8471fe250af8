/** An engine of its own for a test that spoils it; sql.js itself gives everybody in a realm the same. */
import { createRequire } from 'node:module';
import type initSqlJs from 'sql.js/dist/sql-wasm-browser.js';
import type { adopt } from '../../../src/vfs/engine.ts';
import { compileEngine } from '../../../wasm/load.ts';

const require = createRequire(import.meta.url);

export async function freshEngine(): Promise<Parameters<typeof adopt>> {
  const path = require.resolve('sql.js/dist/sql-wasm-browser.js');
  delete require.cache[path];
  const start = require(path) as typeof initSqlJs; // the package brings no types
  const module = await compileEngine();
  return new Promise((resolve, reject) => {
    let made: WebAssembly.Instance;
    start({
      async instantiateWasm(imports, done) {
        made = await WebAssembly.instantiate(module, imports);
        done(made);
      },
    }).then((sqlite) => resolve([sqlite, made]), reject);
  });
}
