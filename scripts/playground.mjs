/** `npm run playground`: builds the playground from `dist/`, and serves it locally unless told to only build it. */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { context } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const served = join(root, '.cache/playground');
const usage = `Usage: npm run playground -- [--port NUMBER] [FOLDER]

  FOLDER         build into this folder, for any web server, and do not serve
  --port NUMBER  serve on this local port; default: any free port
  --help         show this help`;

async function buildInto(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of ['index.html', 'style.css']) cpSync(join(root, 'playground', file), join(folder, file));
  // The library looks for them beside the file that it was bundled into.
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
    // One chunk of the library imports another only for load order; for a package in node_modules esbuild would not
    // warn.
    logOverride: { 'ignored-bare-import': 'silent' },
    tsconfigRaw: {},
  });
  await building.rebuild();
  return building;
}

/** The folder is emptied first, so one that contains anything else is refused. */
function refuseForeign(folder) {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  if (['index.html', 'core.js', 'ports.js'].every((file) => existsSync(join(folder, file)))) return;
  throw new UsageError(`${folder} exists and holds something other than a playground. Name another folder.`);
}

class UsageError extends Error {}

function readArguments() {
  try {
    const options = { help: { type: 'boolean', short: 'h', default: false }, port: { type: 'string', short: 'p' } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const { help, port = '0' } = values;
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) throw new UsageError(`${port} is not a port: 0 to 65535.`);
    if (positionals.length > 1) throw new UsageError('Name only one folder.');
    return { help, port: Number(port), folder: positionals[0] };
  } catch (error) {
    throw new UsageError(error.message);
  }
}

async function main() {
  const { help, port: wanted, folder } = readArguments();
  if (help) return console.log(usage);
  if (folder !== undefined) {
    refuseForeign(folder);
    return (await buildInto(folder)).dispose();
  }
  const building = await buildInto(served);
  const { port } = await building.serve({ servedir: served, host: '127.0.0.1', port: wanted });
  console.log(`The playground is at http://127.0.0.1:${port}/ (Ctrl+C stops it)`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
