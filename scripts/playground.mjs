/**
 * `npm run playground`: builds the playground with what `dist/` holds, and serves it on a free port of this machine.
 * With a folder as argument it only builds, into that folder, for any web server to serve.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { context } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

async function buildInto(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of ['index.html', 'style.css']) cpSync(join(root, 'playground', file), join(folder, file));
  // The library finds them beside the file that it was bundled into.
  for (const file of ['core.js', 'ports.js', 'sql-wasm.wasm']) cpSync(join(root, 'dist', file), join(folder, file));
  const building = await context({
    absWorkingDir: root,
    entryPoints: ['playground/main.ts'],
    outdir: folder,
    alias: { 'cinderlib-wasm': join(root, 'dist/index.js') },
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
    logLevel: 'warning',
    // Of a package in node_modules it would not be said: one chunk of the library needs another for its order alone.
    logOverride: { 'ignored-bare-import': 'silent' },
    tsconfigRaw: {},
  });
  await building.rebuild();
  return building;
}

const [folder] = process.argv.slice(2);
const building = await buildInto(folder ?? join(root, '.cache/playground'));
if (folder === undefined) {
  const { port } = await building.serve({ servedir: join(root, '.cache/playground'), host: '127.0.0.1' });
  console.log(`The playground is at http://127.0.0.1:${port}/ (Ctrl+C ends it)`);
} else await building.dispose();
