/** No bundler: the page names the package's file, as the server has it. */
import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const here = import.meta.dirname;
mkdirSync(join(here, 'out'));
for (const file of ['app.mjs', 'index.html']) copyFileSync(join(here, file), join(here, 'out', file));
const dist = dirname(createRequire(import.meta.url).resolve('cinderlib-wasm'));
cpSync(dist, join(here, 'out/cinderlib-wasm'), { recursive: true });
