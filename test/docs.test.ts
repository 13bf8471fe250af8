/** Runs the snippets of the pages as they are: those of a page in sequence, until one starts anew. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as library from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { copyGolden, inTemporaryFolder } from './support/golden.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The variables that the snippets of a page take for granted. */
const withVolume = [
  "import { setup } from 'cinderlib-wasm';",
  'const cl = await setup();',
  "const lvm = await cl.backend({ volume_backend_name: 'lvm', volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver' });",
  "const vol = await lvm.createVolume(1, { name: 'data' });",
].join('\n');
const withNoteBook = `import { NoteBook } from ${JSON.stringify(path('../examples/support/note-book.ts'))};`;

/** The programs of a page: a snippet that sets up a context anew starts another one. */
function programs(page: string, before: string): string[] {
  const text = readFileSync(path(page), 'utf8').replace(/^ \* ?/gm, '');
  const snippets = [...text.matchAll(/^```ts\n(?<code>[\s\S]*?)^```/gm)].map(({ groups }) => groups?.['code'] ?? '');
  const found: string[][] = [];
  for (const snippet of snippets) {
    const beginsAnew = before === '' && snippet.includes('const cl = await setup(');
    if (beginsAnew || found.length === 0) found.push(before === '' ? [] : [before]);
    found.at(-1)?.push(snippet);
  }
  return found.map((program) => program.join('\n'));
}

/** Merges imports, since several snippets of a program may repeat the same one. */
function withoutRepeatedImports(program: string): string {
  const imports = new Map<string, Set<string>>();
  const rest = program.replace(
    /^import \{(?<names>[^}]*)\} from '(?<from>[^']*)';$/gm,
    (_line, names: string, from: string) => {
      const known = imports.get(from) ?? new Set();
      for (const name of names.split(',')) if (name.trim() !== '') known.add(name.trim());
      imports.set(from, known);
      return '';
    },
  );
  const lines = [...imports].map(([from, names]) => `import { ${[...names].join(', ')} } from '${from}';`);
  return [...lines, rest].join('\n');
}

test.each([
  ['../README.md', '', ['"class":"Volume"']],
  ['../docs/usage.md', '', ['renamed']],
  ['../docs/differences.md', '', ['data /dev/fake/']],
  ['../docs/json.md', withVolume, []],
  ['../docs/migration.md', withVolume, []],
  ['../docs/errors.md', withVolume, ['nobody']],
  ['../docs/plugins.md', withNoteBook, []],
  [
    '../docs/drivers.md',
    '',
    ['removing /disks/', '42 createVolume', '/volumes/volume-', "name: 'shelf'", '/dev/tape/7'],
  ],
  ['../src/cinderlib.ts', "import { setup } from 'cinderlib-wasm';", []],
  ['../src/objects/backend.ts', `${withVolume}\nconst backend = lvm;`, []],
  ['../src/objects/volume.ts', `${withVolume}\nconst backend = lvm;`, []],
  ['../src/objects/snapshot.ts', `${withVolume}\nconst volume = vol;`, []],
  ['../src/objects/connection.ts', `${withVolume}\nconst volume = vol;`, ['fake true']],
  ['../src/objects/key-value.ts', `${withVolume}\nimport { KeyValue } from 'cinderlib-wasm';`, []],
  ['../src/setup.ts', "import { setup } from 'cinderlib-wasm';", ['available']],
])('the snippets of %s run', async (page, before, outputs) => {
  await inTemporaryFolder((folder) => {
    copyGolden('one.sqlite', `${folder}/old.sqlite`);
    const found = programs(page, before);
    expect(found.length).toBeGreaterThan(0);
    const printed = found.map((program, place) => {
      const file = `${folder}/snippets-${place}.ts`;
      writeFileSync(file, withoutRepeatedImports(program));
      return execFileSync(process.execPath, [path('../scripts/run.mjs'), file], { cwd: folder, encoding: 'utf8' });
    });
    for (const output of outputs) expect(printed.join('\n')).toContain(output);
  });
});

test('docs/errors.md has a row for every error, with a cause and something to do', () => {
  const rows = readFileSync(path('../docs/errors.md'), 'utf8').match(/^\| `[A-Z].*\|$/gm) ?? [];
  const explained = rows.flatMap((row) => {
    const [classes = '', cause = '', cure = ''] = row.slice(1, -1).split(' | ');
    return cause.trim() === '' || cure.trim() === '' ? [] : [...classes.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  });
  const isOurs = (value: unknown): boolean =>
    typeof value === 'function' && value.prototype instanceof library.CinderlibError;
  const errors = Object.entries(library).flatMap(([name, value]) => (isOurs(value) ? [name] : []));
  expect(errors.length).toBeGreaterThan(50);
  expect(explained.toSorted()).toEqual(errors.toSorted());
});
