/**
 * Emits the type declarations of the entry points: one file each, with what a user's compiler needs and no more. It
 * does not check the sources: `npm run types` does that, and test/package compiles users of the result.
 *
 * The compiler's own output is a file for each source. Those import each other as `./volume.js` and mean `volume.d.ts`,
 * but Deno looks for `volume.js`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gatherDeclarations } from './gather-declarations.mjs';

/**
 * No library that a compiler loads for ES2022 by default declares `Symbol.asyncDispose`; Deno's default does. JSR accepts
 * no module whose types name a library.
 */
const libraries = '/// <reference lib="esnext.disposable" />\n';

/**
 * Compiles the declarations and writes one file for each entry point into `target/types`, which Deno and JSR read. The
 * files in `target`, which other compilers find, refer to those.
 *
 * @param {string} root The package.
 * @param {readonly string[]} entries Such as `src/index.ts`. The others import from the first whatever it exports, so
 *   that its classes are the same in all of them.
 * @param {string} target
 */
export function emitDeclarations(root, entries, target) {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const emitted = mkdtempSync(join(root, '.cache', 'declarations-'));
  try {
    compile(root, emitted);
    mkdirSync(join(target, 'types'));
    const write = (entry, text) => {
      const name = basename(entry, '.ts');
      writeFileSync(join(target, 'types', `${name}.d.ts`), text);
      writeFileSync(join(target, `${name}.d.ts`), `${libraries}export * from './types/${name}.js';\n`);
    };
    const emittedOf = (entry) => join(emitted, entry.replace(/\.ts$/, '.d.ts'));
    const [library, ...others] = entries;
    const shared = gatherDeclarations(emittedOf(library));
    write(library, textOf(shared));
    for (const entry of others) {
      write(entry, textOf(gatherDeclarations(emittedOf(entry), shared), `./${basename(library, '.ts')}.d.ts`));
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

/** The list at the end keeps all that is not in it private. */
function textOf({ kept, exported, imported }, library) {
  const imports = imported.size === 0 ? '' : `import type { ${[...imported].sort().join(', ')} } from '${library}';\n`;
  const list = [...exported].map(([name, isType]) => `  ${isType ? 'type ' : ''}${name},\n`);
  const texts = [...kept.values()].flatMap(({ statements }) => statements);
  return `${imports}${texts.map((text) => text.replace(/^export /m, '')).join('')}export {\n${list.join('')}};\n`;
}
