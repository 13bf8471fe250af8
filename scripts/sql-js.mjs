/**
 * Makes sql.js an ES module, with its text unchanged: its default export is a function that returns a new
 * `initSqlJs` each time. sql.js itself keeps one engine for good, even one that has failed.
 *
 * It finds no CommonJS, and so does not use it. esbuild would wrap it in a function with its own `module`, which
 * sql.js sets to undefined after its last use; webpack's minifier takes it to be undefined from the start, and drops
 * the export.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const specifier = 'sql.js/dist/sql-wasm-browser.js';
const path = createRequire(import.meta.url).resolve(specifier);

function moduleText() {
  const text = readFileSync(path, 'utf8');
  return `export default function newSqlJs() {\nvar module, exports, define;\n${text}\nreturn initSqlJs;\n}\n`;
}

/** @type {import('esbuild').Plugin} */
export const sqlJsForEsbuild = {
  name: 'sql.js as a module',
  setup({ onResolve, onLoad }) {
    // Also where other packages are left out of the bundle.
    onResolve({ filter: /^sql\.js\/dist\/sql-wasm-browser\.js$/ }, () => ({ path }));
    onLoad({ filter: /[\\/]sql-wasm-browser\.js$/ }, () => ({ contents: moduleText(), loader: 'js' }));
  },
};

/** @type {import('vite').Plugin} */
export const sqlJsForVite = {
  name: 'sql.js as a module',
  enforce: 'pre',
  resolveId: (id) => (id === specifier ? path : null),
  load: (id) => (id === path ? moduleText() : null),
};
