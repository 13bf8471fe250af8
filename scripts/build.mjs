/**
 * Builds `dist/`: the bundles, the engine beside them, the type declarations, the licences. With
 * `--if-stale` only when something that it is made of has changed.
 *
 * Everything that runs is bundled, and no declaration that a user can reach names another package: so
 * the package has no dependencies at all, and comlink, sql.js and zod are needed to build it, not to use it.
 * The first is checked here, the second by test/package, which compiles users of the packed package.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { emitDeclarations } from './declarations.mjs';
import { isFresh, rememberBuild } from './freshness.mjs';
import { bundledPackages, thirdPartyLicenses } from './licenses.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// Made elsewhere and moved at the end, so that a build that fails leaves no half of one behind.
const fresh = join(root, '.cache', `dist-${process.pid}`);
const dist = join(root, 'dist');

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  outdir: fresh,
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  // sql.js and comlink have builds for browsers that need nothing of Node; they run everywhere.
  conditions: ['browser', 'import'],
  target: 'es2022',
  sourcemap: true,
  // People meet the names in debuggers, where the source map has them.
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};

/** The entry points that users import. */
function mainEntries() {
  return ['src/index.ts', 'src/testing.ts'].filter((entry) => existsSync(join(root, entry)));
}

/** The program `cinderlib`. */
const program = { in: 'src/cli/main.ts', out: 'cli' };

/**
 * The program's packages ask for Node's modules with `require`, which a bundle of ES modules does not have:
 * they get them as the library does.
 */
const nodeModules = {
  name: 'modules of Node',
  setup({ onResolve, onLoad }) {
    const filter = /^(?:node:)?(?:child_process|events|fs|path|process|readline)$/;
    onResolve({ filter }, ({ path }) => ({ path: `node:${path.replace(/^node:/, '')}`, namespace: 'node' }));
    onLoad({ filter: /.*/, namespace: 'node' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
    // Tables would paint their titles with it: ours are painted before.
    onResolve({ filter: /^@colors\/colors/ }, ({ path }) => ({ path, namespace: 'nothing' }));
    onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'module.exports = {};' }));
  },
};

async function bundle() {
  const main = await build({
    ...common,
    // They share code, and with it the identity of classes.
    entryPoints: [...mainEntries().map((entry) => ({ in: entry, out: basename(entry, '.ts') })), program],
    plugins: [nodeModules],
    splitting: true,
    // Beside the entry points, not in a folder: worker and engine are found relative to the file that asks.
    chunkNames: '[name]-[hash]',
  });
  // A worker is one file: whoever serves it from another place copies it alone.
  const workers = ['workers/core.ts', 'workers/core-node.ts'];
  const built = await Promise.all(workers.map((entry) => build({ ...common, entryPoints: [entry] })));
  return [main, ...built].map(({ metafile }) => metafile);
}

/** What bundlers for browsers, or browsers, would stumble over. */
function checkBundle(metafiles) {
  for (const { outputs } of metafiles) {
    for (const [file, { imports }] of Object.entries(outputs)) {
      if (!file.endsWith('.js')) continue;
      const external = imports.filter((one) => one.external).map((one) => one.path);
      if (external.length > 0) throw new Error(`${file} imports ${external.join(', ')}: everything is to be bundled.`);
      const required = readFileSync(join(root, file), 'utf8').match(/\brequire\(\s*["'`](?:node:)?[\w./-]+["'`]\s*\)/);
      if (required !== null) throw new Error(`${file} holds ${required[0]}: browsers have no require.`);
    }
  }
}

function copyEngine() {
  const pin = JSON.parse(readFileSync(join(root, 'wasm/pin.json'), 'utf8'));
  const source = join(root, 'node_modules', pin.package, pin.file);
  const bytes = readFileSync(source);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== pin.sha256) throw new Error(`${source} has the SHA-256 ${found}; wasm/pin.json wants ${pin.sha256}.`);
  writeFileSync(join(fresh, 'sql-wasm.wasm'), bytes);
}

async function buildAll() {
  mkdirSync(fresh, { recursive: true });
  try {
    const metafiles = await bundle();
    checkBundle(metafiles);
    copyEngine();
    emitDeclarations(root, mainEntries(), fresh);
    writeFileSync(join(fresh, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicenses(root, bundledPackages(metafiles)));
    rmSync(dist, { recursive: true, force: true });
    renameSync(fresh, dist);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (!(process.argv.includes('--if-stale') && isFresh(root))) {
  const startedAt = Date.now();
  await buildAll();
  rememberBuild(root, startedAt);
  console.log(`Built dist/ in ${Date.now() - startedAt} ms.`);
}
