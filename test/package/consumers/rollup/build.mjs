/** Rollup leaves the worker and the engine where they are: they are copied beside the bundle. */
import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';

const here = import.meta.dirname;
const bundle = await rollup({ input: join(here, 'app.mjs'), plugins: [nodeResolve({ browser: true })] });
await bundle.write({ dir: join(here, 'out'), format: 'es', entryFileNames: 'app.js' });

const dist = dirname(createRequire(import.meta.url).resolve('cinderlib-wasm'));
for (const file of ['core.js', 'files.js', 'sql-wasm.wasm']) copyFileSync(join(dist, file), join(here, 'out', file));
copyFileSync(join(here, 'index.html'), join(here, 'out/index.html'));
