/** Runs the snippets of the pages as they are: those of a page in sequence, until one starts anew. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as library from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { dist } from './support/built.ts';
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

/** Each page, what its first program takes for granted, and what its programs print. */
const pages: readonly (readonly [page: string, before: string, outputs: readonly string[]])[] = [
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
  ['../src/drivers/volume-driver.ts', '', []],
  ['../src/objects/backend.ts', `${withVolume}\nconst backend = lvm;`, []],
  ['../src/objects/volume.ts', `${withVolume}\nconst backend = lvm;`, []],
  ['../src/objects/snapshot.ts', `${withVolume}\nconst volume = vol;`, []],
  ['../src/objects/connection.ts', `${withVolume}\nconst volume = vol;`, ['fake true']],
  ['../src/persistence/key-value.ts', `${withVolume}\nimport { KeyValue } from 'cinderlib-wasm';`, []],
  ['../src/setup.ts', "import { setup } from 'cinderlib-wasm';", ['available']],
];

/** All pages that may have snippets. */
const allPages = [
  '../README.md',
  ...readdirSync(path('../docs'), { recursive: true, encoding: 'utf8' }).flatMap((name) =>
    name.endsWith('.md') ? [`../docs/${name}`] : [],
  ),
];

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

test('the snippets of every page that has some are run', () => {
  const withSnippets = allPages.filter((page) => programs(page, '').length > 0);
  expect(pages.flatMap(([page]) => (page.endsWith('.md') ? [page] : [])).toSorted()).toEqual(withSnippets.toSorted());
});

test.each(pages)('the snippets of %s run', async (page, before, outputs) => {
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

/** What snippets that are not run take for granted, if they do not import it. */
const free: Readonly<Record<string, string>> = {
  setup: "typeof import('cinderlib-wasm').setup",
  cl: "import('cinderlib-wasm').Cinderlib",
  server: "import('node:http').Server",
  useEffect: '(effect: () => () => void, dependencies: readonly unknown[]) => void',
  setContext: "(cl: import('cinderlib-wasm').Cinderlib) => void",
  setError: '(error: unknown) => void',
  read: "(volume: import('cinderlib-wasm').Volume, at: number, length: number) => Promise<Uint8Array>",
  write: "(volume: import('cinderlib-wasm').Volume, at: number, bytes: Uint8Array) => Promise<void>",
  namesOnTheShelf: '() => string[]',
};

/** The snippets of a page that are not run, but for those that load the library from elsewhere. */
function unrunSnippets(page: string): string[] {
  const found = [...readFileSync(path(page), 'utf8').matchAll(/^```(?:ts no-run|js)\n(?<code>[\s\S]*?)^```/gm)];
  return found
    .map(({ groups }) => groups?.['code'] ?? '')
    .filter((code) => !code.includes('https://'))
    .map((code) => {
      const names = Object.entries(free).filter(
        ([name]) => !new RegExp(`(?:import \\{.*|const )\\b${name}\\b`).test(code),
      );
      return [...names.map(([name, type]) => `declare const ${name}: ${type};`), code].join('\n');
    });
}

test('all snippets type-check in the strictest mode', { timeout: 120_000 }, async () => {
  await inTemporaryFolder((folder) => {
    const unrun = allPages.flatMap((page) => {
      const name = `unrun${page.replace(/\W/g, '-')}`;
      return unrunSnippets(page).map((code) => ({ name, code }));
    });
    const run = pages.flatMap(([page, before]) => {
      const name = page.replace(/\W/g, '-');
      return programs(page, before).map((code) => ({ name, code: withoutRepeatedImports(code) }));
    });
    expect(unrun.length).toBeGreaterThan(5);
    expect(run.length).toBeGreaterThan(15);
    for (const [place, { name, code }] of [...unrun, ...run].entries()) {
      writeFileSync(`${folder}/${name}-${place}.ts`, `${code}\nexport {};\n`);
    }
    writeFileSync(`${folder}/package.json`, '{ "type": "module" }');
    copyFileSync(path('../examples/support/note-book.ts'), `${folder}/note-book.ts`);
    const { compilerOptions } = JSON.parse(readFileSync(path('../tsconfig.json'), 'utf8'));
    const options = {
      ...compilerOptions,
      noUnusedLocals: false,
      rootDir: '/',
      paths: { 'cinderlib-wasm': [`${dist}/index.d.ts`], 'cinderlib-wasm/testing': [`${dist}/testing.d.ts`] },
      typeRoots: [path('../node_modules/@types')],
    };
    writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions: options, include: ['*.ts'] }));
    const { status, stdout } = spawnSync(path('../node_modules/.bin/tsc'), ['-p', folder], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
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
