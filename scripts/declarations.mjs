/**
 * Emits the type declarations that a user's compiler reaches from the entry points, and no others. It does not check
 * the sources: `npm run types` does that.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

// No library that a compiler loads for ES2022 by default declares `Symbol.asyncDispose`.
const libraries = '/// <reference lib="esnext.disposable" />\n';

/**
 * Compiles the declarations and writes those of `src/` into `target`.
 *
 * @param {string} root The package.
 * @param {readonly string[]} entries Such as `src/index.ts`.
 * @param {string} target
 */
export function emitDeclarations(root, entries, target) {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const emitted = mkdtempSync(join(root, '.cache', 'declarations-'));
  try {
    compile(root, emitted);
    const reached = reachable(emitted, entries);
    for (const [file, text] of reached) {
      const path = relative(join(emitted, 'src'), file);
      if (path.startsWith('..')) throw new Error(`The public types reach ${file}, which is not in src/.`);
      mkdirSync(dirname(join(target, path)), { recursive: true });
      const isEntry = entries.some((entry) => file === declarationOf(emitted, entry));
      writeFileSync(join(target, path), (isEntry ? libraries : '') + withJsSpecifiers(text));
    }
  } finally {
    rmSync(emitted, { recursive: true, force: true });
  }
}

function compile(root, outDir) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(
    process.execPath,
    [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', outDir],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The declarations cannot be made:\n${stdout}`);
}

/** The declaration files reachable from the entry points, with their texts. */
function reachable(emitted, entries) {
  const texts = new Map();
  const waiting = entries.map((entry) => declarationOf(emitted, entry));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (texts.has(file)) continue;
    const text = readFileSync(file, 'utf8');
    texts.set(file, text);
    for (const specifier of specifiersOf(text)) {
      if (!specifier.startsWith('.')) continue;
      const next = join(dirname(file), specifier.replace(/\.[jt]s$/, '.d.ts'));
      if (!existsSync(next)) throw new Error(`${file} imports ${specifier}, which is not there.`);
      waiting.push(next);
    }
  }
  return texts;
}

function declarationOf(emitted, entry) {
  return join(emitted, entry.replace(/\.ts$/, '.d.ts'));
}

/** The compiler keeps `./volume.ts` as it is, which a user's compiler would take for a source file. */
function withJsSpecifiers(text) {
  return text.replace(/(\b(?:from|import)\s*\(?\s*["']\.{1,2}\/[^"']+)\.ts(["'])/g, '$1.js$2');
}

function specifiersOf(text) {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1]);
}
