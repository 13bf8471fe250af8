/**
 * Provides the module `virtual:sql.js`: the text of sql.js, unchanged, in a function that returns a new `initSqlJs`
 * each time. sql.js itself keeps one engine for good, even one that has failed.
 *
 * It finds no CommonJS, and so does not use it. esbuild would wrap it in a function with its own `module`, which
 * sql.js sets to undefined after its last use; webpack's minifier takes it to be undefined from the start, and drops
 * the export.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const specifier = 'virtual:sql.js';
const path = createRequire(import.meta.url).resolve('sql.js/dist/sql-wasm-browser.js');

function moduleText() {
  const text = readFileSync(path, 'utf8');
  return `export default function newSqlJs() {\nvar module, exports, define;\n${text}\nreturn initSqlJs;\n}\n`;
}

/** @type {import('esbuild').Plugin} */
export const sqlJsForEsbuild = {
  name: 'sql.js as a module',
  setup({ onResolve, onLoad }) {
    // As a file: source maps and the list of licences name it by its path.
    onResolve({ filter: /^virtual:sql\.js$/ }, () => ({ path }));
    onLoad({ filter: /[\\/]sql-wasm-browser\.js$/ }, () => ({ contents: moduleText(), loader: 'js' }));
  },
};

/** @type {import('vite').Plugin} */
export const sqlJsForVite = {
  name: 'sql.js as a module',
  resolveId: (id) => (id === specifier ? `\0${specifier}` : null),
  load: (id) => (id === `\0${specifier}` ? moduleText() : null),
};
