/** esbuild leaves the worker and the engine where they are: they are copied beside the bundle. */
import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;
await build({
  entryPoints: [join(here, 'app.mjs')],
  outdir: join(here, 'out'),
  bundle: true,
  format: 'esm',
  platform: 'browser',
  minify: true,
});

const dist = dirname(createRequire(import.meta.url).resolve('cinderlib-wasm'));
for (const file of ['core.js', 'files.js', 'sql-wasm.wasm']) copyFileSync(join(dist, file), join(here, 'out', file));
copyFileSync(join(here, 'index.html'), join(here, 'out/index.html'));
