/** Runs a TypeScript program: `node scripts/run.mjs program.ts [arguments]`. Node 20 cannot do so by itself. */
import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const [program, ...rest] = process.argv.slice(2);
if (program === undefined) throw new Error('Which program? node scripts/run.mjs program.ts [arguments]');

/**
 * Files locate others beside them by `import.meta.url`, which changes when they are bundled: this keeps the original.
 */
const ownAddresses = {
  name: 'own-addresses',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const address = JSON.stringify(pathToFileURL(path).href);
      return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', address), loader: 'ts' };
    });
  },
};

// Inside the package and outside node_modules; otherwise the program could not import the package by its name.
const outfile = resolve(root, `.cache/run-${process.pid}.mjs`);
process.on('exit', () => rmSync(outfile, { force: true }));
await build({
  entryPoints: [program],
  outfile,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'warning',
  tsconfigRaw: {},
  plugins: [ownAddresses],
});
process.argv = [process.argv[0] ?? 'node', resolve(program), ...rest];
await import(pathToFileURL(outfile).href);
