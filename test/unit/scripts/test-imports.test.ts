/** The rules of which copy of the library a test may load, applied to small trees that break them. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testImportProblems } from '../../../scripts/test-imports.ts';
import { useSmallTree } from '../../support/small-tree.ts';

const root = join(import.meta.dirname, '../../..');
const inUnit = 'a unit test runs src/; tests of the built package are in test/api.';
const inApi = 'these tests run the built package; tests of src/ are in test/unit.';
/** Apart from the rest of a path, so that this file names no file of the build. */
const up = '../../../';
const tree = useSmallTree();

/** The problems of a package with these files. */
function problemsOf(files: Readonly<Record<string, string>>): string[] {
  tree.write(files);
  return testImportProblems(tree.root);
}

test('the tests of this library keep to the rules', () => {
  expect(testImportProblems(root)).toEqual([]);
});

test.each([
  ['the package', "import { setup } from 'cinderlib-wasm';", 'cinderlib-wasm'],
  ['an entry point of it', "import { contract } from 'cinderlib-wasm/testing';", 'cinderlib-wasm/testing'],
  ['a file of the build', `new Worker(new URL('${up}dist/core-node.js', import.meta.url));`, 'dist/core-node.js'],
])('a unit test may not load %s', (_what, text, loaded) => {
  const path = 'test/unit/sql/a.test.ts';
  expect(problemsOf({ [path]: text })).toEqual([`${path}: loads ${loaded}; ${inUnit}`]);
});

test('a unit test may not load the package through another file, also if files import each other', () => {
  const problems = problemsOf({
    'test/unit/a.test.ts': "import { one } from '../support/one.ts';",
    'test/support/one.ts': "import { two } from './two.ts';\nexport const one = two;",
    'test/support/two.ts':
      "import './one.ts';\nimport { Book } from '../../examples/book.ts';\nexport const two = Book;",
    'examples/book.ts':
      "import { PersistenceDriver } from 'cinderlib-wasm';\nexport class Book extends PersistenceDriver {}",
  });
  const chain = 'test/support/one.ts → test/support/two.ts → examples/book.ts → cinderlib-wasm';
  expect(problems).toEqual([`test/unit/a.test.ts: loads ${chain}; ${inUnit}`]);
});

test('a test of the built package may not load src/', () => {
  const path = 'test/api/load/a.test.ts';
  const text =
    "import { setup } from 'cinderlib-wasm';\nimport { readDump } from '../../../src/serialization/load.ts';";
  expect(problemsOf({ [path]: text })).toEqual([`${path}: loads src/serialization/load.ts; ${inApi}`]);
});

test('types are of no copy, and other folders may load both', () => {
  const both = "import { setup } from 'cinderlib-wasm';\nimport { vfs } from '../../src/vfs/vfs.ts';";
  const problems = problemsOf({
    'test/unit/a.test.ts': "import type { Volume } from 'cinderlib-wasm';\nimport { vfs } from '../../src/vfs/vfs.ts';",
    'test/api/a.test.ts': "import { setup } from 'cinderlib-wasm';\nimport type { Vfs } from '../../src/vfs/vfs.ts';",
    'test/media/a.test.ts': both,
  });
  expect(problems).toEqual([]);
});

test('scripts/check-imports.ts fails and prints the problems', () => {
  problemsOf({ 'test/unit/a.test.ts': "import { setup } from 'cinderlib-wasm';" });
  const parameters = ['scripts/run.mjs', 'scripts/check-imports.ts'].map((path) => join(root, path));
  const { status, stderr } = spawnSync(process.execPath, parameters, { cwd: tree.root, encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, `test/unit/a.test.ts: loads cinderlib-wasm; ${inUnit}\n`]);
});
