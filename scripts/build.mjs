/**
 * Builds `dist/`: the bundles, the engine beside them, the type declarations, the licences. With `--if-stale`, builds
 * only if one of its inputs has changed.
 *
 * All run-time code is bundled, and no declaration that a user can reach imports another package. So the package has no
 * dependencies at all: comlink, sql.js and the others are needed to build it, not to use it. The first is checked here,
 * the second by test/package, which compiles users of the packed package.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { minify } from 'terser';
import { emitDeclarations } from './declarations.mjs';
import { isFresh, rememberBuild } from './freshness.mjs';
import { bundledPackages, thirdPartyLicenses } from './licenses.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// Built elsewhere and moved at the end, so that a failed build leaves nothing half done.
const fresh = join(root, '.cache', `dist-${process.pid}`);
const dist = join(root, 'dist');
/** Which engine is used. */
const pin = JSON.parse(readFileSync(join(root, 'wasm/pin.json'), 'utf8'));

// For an uncaught error, Node prints the whole line that threw it. Browsers' workers do without: it costs half a kilobyte.
const lineLimit = 500;

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  outdir: fresh,
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  // The browser builds of packages need nothing from Node; they run everywhere.
  conditions: ['browser', 'import'],
  target: 'es2022',
  sourcemap: true,
  // Debuggers get the original names from the source map.
  minifyIdentifiers: true,
  minifySyntax: true,
  lineLimit,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};

/** What users import. */
const library = 'src/index.ts';

/** The entry points of the package. */
const entries = [library, 'src/testing.ts'];

/**
 * The bundles. esbuild makes a chunk for each set of entry points that share code: with all of them in one build, a
 * page's first load would be a dozen small chunks, larger in total. So each is built separately, and imports what must
 * be the same, such as classes, from another bundle: `elsewhere` returns the file that has it.
 */
const bundles = [
  {
    entry: library,
    forPages: true,
    elsewhere: (file) => {
      if (file === 'src/rpc/local-client.ts') return './local-client.js';
      return file === 'src/drivers/file/opfs-folder.ts' ? './opfs-folder.js' : null;
    },
  },
  { entry: 'src/testing.ts', elsewhere: (file) => (file.startsWith('src/contracts/') ? null : './index.js') },
  { entry: 'src/rpc/local-client.ts', elsewhere: (file) => (file.startsWith('src/errors/') ? './index.js' : null) },
  // It starts a worker, as the core's client does: code shared by the two would be a chunk that every page loads.
  {
    entry: 'src/drivers/file/opfs-folder.ts',
    splitting: false,
    elsewhere: (file) => (file.startsWith('src/errors/') ? './index.js' : null),
  },
  // The program has its own copy of the library, except what it shares with the plugins that it loads.
  // Plugins import the package by name, and extend the class that it exports.
  {
    entry: { cli: 'src/cli/main.ts' },
    splitting: false,
    elsewhere: (file) => {
      if (file === 'src/rpc/local-client.ts') return './local-client.js';
      return ['src/errors/index.ts', 'src/persistence/driver.ts'].includes(file) ? './index.js' : null;
    },
  },
  // A worker is one file, so that it can be served from another place by copying that file alone.
  { entry: 'workers/core.ts', splitting: false, forPages: true },
  { entry: 'workers/core-node.ts', splitting: false },
  { entry: 'workers/ports.ts', splitting: false, forPages: true },
  { entry: 'workers/files.ts', splitting: false, forPages: true },
];

/**
 * The command line's packages `require` Node's modules, which an ES module cannot do: they get them from
 * `process.getBuiltinModule`, as the library does.
 */
const nodeModules = {
  name: 'modules of Node',
  setup({ onResolve, onLoad }) {
    const filter = /^(?:node:)?(?:child_process|events|fs|path|process|readline)$/;
    onResolve({ filter }, ({ path }) => ({ path: `node:${path.replace(/^node:/, '')}`, namespace: 'node' }));
    onLoad({ filter: /.*/, namespace: 'node' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
    // cli-table3 would colour titles with it; ours are coloured beforehand.
    onResolve({ filter: /^@colors\/colors/ }, ({ path }) => ({ path, namespace: 'nothing' }));
    onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/**
 * Leaves out two parts of comlink:
 * - its handler of values that are passed as proxies: nothing here makes one. With it, each end of a connection comes with
 *   the code of both, which for a page and its worker is 1 kB more;
 * - its registry of proxies, which ends a connection whose proxy is garbage. Until then it holds the connection, and so
 *   the listeners, and so the client with its proxy: no closed context would ever be garbage.
 */
const oneEndOfComlink = {
  name: 'one end of comlink',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]comlink\.mjs$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const handler = '["proxy", proxyTransferHandler],';
      const registry = /(?<=const proxyFinalizers = ).*?\}\)(?=;$)/ms;
      if (!text.includes(handler) || !registry.test(text)) throw new Error(`${path} lacks what the build leaves out.`);
      const contents = text.replace(handler, '').replace(registry, 'null');
      return { contents };
    });
  },
};

async function bundle() {
  return Promise.all(
    bundles.map(async ({ entry, splitting = true, forPages = false, elsewhere = () => null }) => {
      const built = await build({
        ...common,
        entryPoints: typeof entry === 'string' ? [entry] : entry,
        splitting,
        minifyWhitespace: !forPages,
        // Our package.json says that no file has side effects when imported; `oneChunk` needs such an import to be
        // kept.
        ignoreAnnotations: entry === library,
        // Beside the entry points, not in a folder: worker and engine are found relative to the file that loads them.
        chunkNames: '[name]-[hash]',
        plugins: [
          fromElsewhere(elsewhere),
          ...(entry === library ? [oneChunk, classNames] : []),
          oneEndOfComlink,
          nodeModules,
        ],
      });
      if (forPages) await shrink(built.metafile, entry === library ? lineLimit : false);
      return built.metafile;
    }),
  );
}

/**
 * Keeps a page's first load in one chunk. esbuild makes a chunk for each set of entry points that share a file, and
 * each dynamic import is an entry point. So each dynamic import also imports the whole library, which is always loaded
 * before it: then all files of the library have the same set of entry points, instead of twelve different ones.
 */
const oneChunk = {
  name: 'the library in one chunk',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\./ }, ({ path, importer, kind }) => {
      if (kind !== 'dynamic-import') return null;
      // Relative, because the path counts for the name of the chunk, which must not depend on where it is built.
      return { path: relative(root, resolve(dirname(importer), path)), namespace: 'loaded later' };
    });
    onResolve({ filter: /^the library$/ }, () => ({ path: join(root, library) }));
    onLoad({ filter: /.*/, namespace: 'loaded later' }, ({ path }) => ({
      contents: `import 'the library'; export * from ${JSON.stringify(`./${path}`)};`,
      resolveDir: root,
    }));
  },
};

/**
 * Restores the names of exported classes after minification: people see them in the console and in `constructor.name`.
 * esbuild's own option also keeps the names of all functions, which costs 3 kB more.
 */
const classNames = {
  name: 'names of classes',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        /^export (?:abstract )?class (\w+)[\s\S]*?\{(?=\}?$)/gm,
        "$& static { Object.defineProperty(this, 'name', { value: '$1' }); }",
      ),
      loader: 'ts',
    }));
  },
};

/** Makes imports of files that another bundle has import that bundle. */
function fromElsewhere(elsewhere) {
  return {
    name: 'from another bundle',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^\.\.?\// }, ({ path, importer, kind }) => {
        if (kind === 'entry-point') return null;
        const found = elsewhere(relative(root, resolve(dirname(importer), path)));
        return found === null ? null : { path: found, external: true };
      });
    },
  };
}

/** Minifies esbuild's output once more: about 5 % smaller. */
async function shrink({ outputs }, maxLineLength) {
  for (const file of Object.keys(outputs).filter((name) => name.endsWith('.js'))) {
    const path = join(root, file);
    const { code, map } = await minify(ownKeysOnly(readFileSync(path, 'utf8')), {
      module: true,
      ecma: 2022,
      compress: { passes: 2 },
      // The comments that tell bundlers to leave an import alone.
      format: { comments: /@vite-ignore|webpackIgnore/, max_line_len: maxLineLength },
      sourceMap: { content: readFileSync(`${path}.map`, 'utf8'), url: `${basename(path)}.map`, includeSources: true },
    });
    writeFileSync(path, code);
    writeFileSync(`${path}.map`, map);
  }
}

/**
 * Corrects esbuild's helper for `import * as`, which takes what a page has added to `Object.prototype` for exports, and
 * fails.
 */
function ownKeysOnly(code) {
  return code.replace(
    /for \(var (\w+) in (\w+)\)(?=\s*\w+\(\w+, \1, \{ get: \2\[\1\])/,
    'for (var $1 of Object.keys($2))',
  );
}

/** Makes source maps refer to the sources relative to `dist/`, not to the folder that it was built in. */
function placeSources(metafiles) {
  for (const file of metafiles.flatMap(({ outputs }) => Object.keys(outputs)).filter((name) => name.endsWith('.map'))) {
    const map = JSON.parse(readFileSync(join(root, file), 'utf8'));
    // What a plugin made has no file: `node:node:fs`.
    const sources = map.sources.map((source) => {
      return /^[\w ]+:/.test(source) ? source : relative(dist, resolve(fresh, source));
    });
    writeFileSync(join(root, file), JSON.stringify({ ...map, sources }));
  }
}

/** Tells Deno and JSR, which do not look for a `.d.ts` beside a file, where the types are. */
function nameTypes() {
  for (const name of entries.map((entry) => basename(entry, '.ts'))) {
    const [code, map] = [join(fresh, `${name}.js`), join(fresh, `${name}.js.map`)];
    writeFileSync(code, `/* @ts-self-types="./types/${name}.d.ts" */\n${readFileSync(code, 'utf8')}`);
    const { mappings, ...others } = JSON.parse(readFileSync(map, 'utf8'));
    writeFileSync(map, JSON.stringify({ ...others, mappings: `;${mappings}` }));
  }
}

/**
 * Rejects what depends on the folder of the build, and anything that bundlers for browsers, or browsers, would trip
 * over.
 */
function checkBundle(metafiles) {
  const files = metafiles.flatMap(({ outputs }) => Object.keys(outputs));
  const own = new Set(files.map((file) => `./${file.split('/').at(-1)}`));
  for (const { inputs, outputs } of metafiles) {
    const placed = Object.keys(inputs).find((input) => input.includes(root));
    if (placed !== undefined) throw new Error(`${placed}: names of chunks would depend on the folder of the build.`);
    for (const [file, { imports }] of Object.entries(outputs)) {
      if (!file.endsWith('.js')) continue;
      const external = imports.filter((one) => one.external && !own.has(one.path)).map((one) => one.path);
      if (external.length > 0) throw new Error(`${file} imports ${external.join(', ')}: everything is to be bundled.`);
      const required = readFileSync(join(root, file), 'utf8').match(/\brequire\(\s*["'`](?:node:)?[\w./-]+["'`]\s*\)/);
      if (required !== null) throw new Error(`${file} holds ${required[0]}: browsers have no require.`);
    }
  }
}

function copyEngine() {
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
    placeSources(metafiles);
    nameTypes();
    checkBundle(metafiles);
    copyEngine();
    emitDeclarations(root, entries, fresh);
    const packages = [...bundledPackages(metafiles), join('node_modules', pin.package)];
    writeFileSync(join(fresh, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicenses(root, packages));
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
