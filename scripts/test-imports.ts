/** Defines and checks which copy of the library a test runs: two in one test would have two classes of each name. */
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { filesBelow } from './files-below.ts';
import { scanImports } from './scan-imports.ts';

/** Folders of tests, and what their files may not load, be it through others. */
const rules = [
  {
    folder: 'test/unit',
    never: /^(?:cinderlib-wasm(?:\/.*)?|dist(?:\/.*)?)$/,
    because: 'a unit test runs src/; tests of the built package are in test/api',
  },
  { folder: 'test/api', never: /^src\//, because: 'these tests run the built package; tests of src/ are in test/unit' },
] as const;

/** Every rule violation in the tests of the package at `root`, as `file: what is wrong`. */
export function testImportProblems(root: string): string[] {
  return rules.flatMap(({ folder, never, because }) =>
    filesBelow(root, folder).flatMap((path) => {
      const chain = chainTo(never, root, [path]);
      return chain === null ? [] : [`${path}: loads ${chain.join(' → ')}; ${because}.`];
    }),
  );
}

/** What leads from the last file of `chain` to something forbidden, itself last; null if nothing does. */
function chainTo(never: RegExp, root: string, chain: readonly string[], seen = new Set<string>()): string[] | null {
  const from = chain.at(-1) ?? '';
  for (const one of loadedBy(root, from)) {
    if (never.test(one)) return [...chain.slice(1), one];
    if (seen.has(one) || !/^(?:test|examples)\/.*\.ts$/.test(one)) continue;
    seen.add(one);
    const found = chainTo(never, root, [...chain, one], seen);
    if (found !== null) return found;
  }
  return null;
}

/** The files and packages that a file imports, and what it names of the build, to start it as a worker or a program. */
function loadedBy(root: string, path: string): string[] {
  if (!existsSync(join(root, path))) return [];
  const text = readFileSync(join(root, path), 'utf8');
  const imports = scanImports(text).flatMap(({ specifier, isType }) => (isType ? [] : [specifier]));
  const named = [...text.matchAll(/['"`](?<name>(?:\.\.?\/)+dist(?:\/[^'"`]*)?)['"`]/g)];
  return [...imports, ...named.map(({ groups }) => groups?.['name'] ?? '')].map((specifier) =>
    specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier,
  );
}
