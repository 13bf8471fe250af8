/** The rules of which part may import which, applied to small trees that break them. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importProblems } from '../../../scripts/import-rules.ts';
import { maskText, scanImports } from '../../../scripts/scan-imports.ts';
import { useSmallTree } from '../../support/small-tree.ts';

const root = join(import.meta.dirname, '../../..');
const tree = useSmallTree();

/** The problems of a package with these files. */
function problemsOf(files: Readonly<Record<string, string>>): string[] {
  tree.write(files);
  return importProblems(tree.root);
}

describe('importProblems()', () => {
  it('finds nothing wrong with this library', () => {
    expect(importProblems(root)).toStrictEqual([]);
  });

  it('allows imports from lower parts', () => {
    const problems = problemsOf({
      'src/index.ts': "export { setup } from './setup.ts';",
      'src/setup.ts': "import { Cinderlib } from './cinderlib.ts';\nexport const setup = Cinderlib;",
      'src/cinderlib.ts': "import { Volume } from './objects/volume.ts';\nexport const Cinderlib = Volume;",
      'src/objects/volume.ts':
        "import { VolumeNotFound } from '../errors/index.ts';\nexport const Volume = VolumeNotFound;",
      'src/errors/index.ts': 'export class VolumeNotFound extends Error {}',
      'src/sql/core.ts': "import { vfs } from '../vfs/vfs.ts';\nexport const core = vfs;",
      'src/vfs/vfs.ts': "import { MemoryMedium } from '../media/memory.ts';\nexport const vfs = MemoryMedium;",
      'src/media/memory.ts': 'export class MemoryMedium {}',
    });
    expect(problems).toStrictEqual([]);
  });

  it.each([
    ['src/objects/volume.ts', '../cinderlib.ts', 'objects may not import from cinderlib'],
    ['src/persistence/database.ts', '../sql/core.ts', 'persistence may not import from sql'],
    ['src/persistence/database.ts', '../objects/volume.ts', 'persistence may not import from objects'],
    ['src/rpc/host.ts', '../sql/core.ts', 'rpc may not import from sql'],
    ['src/media/memory.ts', '../vfs/vfs-files.ts', 'media may not import from vfs'],
    ['src/sql/core.ts', '../persistence/driver.ts', 'sql may not import from persistence'],
    ['src/drivers/fake.ts', '../objects/volume.ts', 'drivers may not import from objects'],
    ['src/errors/base.ts', '../runtime.ts', 'errors may not import from runtime'],
    ['src/cinder/time.ts', '../serialization/load.ts', 'cinder may not import from serialization'],
    ['src/serialization/load.ts', '../objects/volume.ts', 'serialization may not import from objects'],
    ['workers/core-node.ts', '../src/setup.ts', 'workers may not import from setup'],
    ['wasm/load.ts', '../src/sql/core.ts', 'wasm may not import from sql'],
  ])('reports that %s imports %s', (path, specifier, problem) => {
    expect(problemsOf({ [path]: `import { x } from '${specifier}';\nexport const y = x;` })).toStrictEqual([
      `${path}:1: ${problem} (${specifier}).`,
    ]);
  });

  it.each(['import { x } from', 'import x from', 'import * as x from', 'import', 'export { x } from', 'export * from'])(
    'sees every form of import: %s',
    (words) => {
      expect(problemsOf({ 'src/errors/base.ts': `// first\n${words} '../setup.ts';` })).toStrictEqual([
        'src/errors/base.ts:2: errors may not import from setup (../setup.ts).',
      ]);
    },
  );

  it('sees imports over several lines, and dynamic imports', () => {
    const problems = problemsOf({
      'src/errors/base.ts': "import {\n  x,\n  y,\n} from '../setup.ts';",
      'src/errors/more.ts': "const { x } = await import('../setup.ts');",
    });
    expect(problems).toStrictEqual([
      'src/errors/base.ts:4: errors may not import from setup (../setup.ts).',
      'src/errors/more.ts:1: errors may not import from setup (../setup.ts).',
    ]);
  });

  it('allows importing types from anywhere, except in the leaves, the drivers and the core', () => {
    const problems = problemsOf({
      'src/persistence/memory.ts': "import type { Volume } from '../objects/volume.ts';\nexport type V = Volume;",
      'src/sql/core.ts': "import type { Command } from '../rpc/contract.ts';\nexport type C = Command;",
      'src/sql/bad.ts': "import type { Volume } from '../objects/volume.ts';\nexport type V = Volume;",
      'src/cinder/bad.ts': "export type { Volume } from '../objects/volume.ts';",
      'src/drivers/bad.ts': "export type V = import('../objects/volume.ts').Volume;",
    });
    expect(problems).toStrictEqual([
      'src/cinder/bad.ts:1: cinder may not import types of objects (../objects/volume.ts).',
      'src/drivers/bad.ts:1: drivers may not import types of objects (../objects/volume.ts).',
      'src/sql/bad.ts:1: sql may not import types of objects (../objects/volume.ts).',
    ]);
  });

  it('allows the client without a worker to import the core', () => {
    const text = "import { makeCore } from '../sql/make-core.ts';\nexport const core = makeCore;";
    expect(problemsOf({ 'src/rpc/local-client.ts': text })).toStrictEqual([]);
    expect(problemsOf({ 'src/rpc/worker-client.ts': text })).toHaveLength(1);
  });

  it('reports a third-party package outside of the files that may import it', () => {
    const problems = problemsOf({
      'src/rpc/client.ts': "import { wrap } from 'comlink';\nexport const a = wrap;",
      'src/setup.ts': "import { wrap } from 'comlink';\nexport const a = wrap;",
      'src/cinderlib.ts': "import isOdd from 'is-odd';\nexport const a = isOdd;",
    });
    expect(problems).toStrictEqual([
      'src/cinderlib.ts:1: may not import the package is-odd.',
      'src/setup.ts:1: may not import the package comlink.',
    ]);
  });

  it('reports a package that more files import than may', () => {
    const problems = problemsOf({
      'src/rpc/client.ts': "import { wrap } from 'comlink';\nexport const a = wrap;",
      'src/rpc/host.ts': "import { expose } from 'comlink';\nexport const a = expose;",
      'src/rpc/contract.ts': "import type { Remote } from 'comlink';\nexport type A = Remote<null>;",
    });
    expect(problems).toStrictEqual([]);
    expect(
      problemsOf({ 'src/rpc/third.ts': "import { proxy } from 'comlink';\nexport const a = proxy;" }),
    ).toStrictEqual(['src/rpc/client.ts, src/rpc/host.ts, src/rpc/third.ts: 3 files import comlink; at most 2 may.']);
  });

  it('reports modules of Node and names of runtimes outside of src/runtime.ts', () => {
    const problems = problemsOf({
      'src/runtime.ts': 'export const version = process.versions.node ?? Deno.version;',
      'src/media/filesystem.ts': "import { readFileSync } from 'node:fs';\nexport const a = readFileSync;",
      'src/media/disk.ts': "export type FileSystem = typeof import('node:fs');",
      'src/rpc/start-worker.ts': 'const Native = globalThis.Worker;\nglobalThis.Worker = Native;',
      'src/tabs/member.ts': [
        '// process.pid is the name of the process in Node, Deno and Bun.',
        "export const text = 'process.pid of Deno';",
        'export const pid = process.pid;',
        'export const bun = typeof Bun;',
        'export const ours = other.process.Deno;',
        'const { process } = globalThis;',
        "export const can = typeof SharedWorker === 'function';",
        'export const locks = navigator.locks;',
        'export const ours = page.navigator.locks;',
        "export const type = typeof other === 'function';",
        'globalThis.Worker = other;',
        "export const renames = 'move' in FileSystemFileHandle.prototype;",
        "import {\n  type Fields,\n  Ours,\n} from './ours.ts';\nclass Own {}",
        "export const ours = 'move' in Ours.prototype || 'move' in Own.prototype;",
      ].join('\n'),
    });
    expect(problems).toStrictEqual([
      "src/media/filesystem.ts:1: imports node:fs; use builtin('node:fs') of src/runtime.ts.",
      ...[
        [3, 'process'],
        [4, 'Bun'],
        [6, 'globalThis'],
        [7, 'typeof SharedWorker'],
        [8, 'navigator'],
        [11, 'globalThis'],
        [12, 'FileSystemFileHandle.prototype'],
      ].map(
        ([line, name]) =>
          `src/tabs/member.ts:${line}: asks for ${name}; only src/runtime.ts may look for what the platform has.`,
      ),
    ]);
  });

  it('reports an import cycle, but not one of types', () => {
    const problems = problemsOf({
      'src/objects/a.ts': "import { b } from './b.ts';\nexport const a = b;",
      'src/objects/b.ts': "import { c } from './c.ts';\nexport const b = c;",
      'src/objects/c.ts': "import { a } from './a.ts';\nexport const c = a;",
      'src/cinder/a.ts': "import { b } from './b.ts';\nexport const a = b;",
      'src/cinder/b.ts': "import type { a } from './a.ts';\nexport const b: typeof a = 1;",
    });
    expect(problems).toStrictEqual([
      'src/objects/a.ts: imports itself: src/objects/a.ts → src/objects/b.ts → src/objects/c.ts → src/objects/a.ts',
    ]);
  });

  it('reports files that belong to no part', () => {
    expect(problemsOf({ 'src/utils/misc.ts': 'export const a = 1;' })).toStrictEqual([
      'src/utils/misc.ts: belongs to no part; give it a line in scripts/import-rules.ts.',
    ]);
  });
});

describe('scripts/check-imports.ts', () => {
  it('fails and prints the problems', () => {
    problemsOf({ 'src/errors/base.ts': "import '../setup.ts';" });
    const runner = join(root, 'scripts/run.mjs');
    const { status, stderr } = spawnSync(process.execPath, [runner, join(root, 'scripts/check-imports.ts')], {
      cwd: tree.root,
      encoding: 'utf8',
    });
    expect(stderr).toContain('src/errors/base.ts:1: errors may not import from setup');
    expect(status).toBe(1);
  });
});

describe('scanImports()', () => {
  const specifiers = (text: string) => scanImports(text).map(({ specifier }) => specifier);

  it('ignores imports in comments and strings', () => {
    expect(
      specifiers("// import 'a';\n/* import 'b'; */\nconst t = \"import 'c';\";\nconst u = `import 'd';`;"),
    ).toStrictEqual([]);
  });

  it('handles templates, regular expressions, and quotation marks in both', () => {
    const text = [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a template inside of a text is the point
      "const a = `it's ${b ? `\\`${c}'` : '}'} \"`;",
      'const d = /[/"\']/.test(e) || f / g / h;',
      "import 'found';",
    ].join('\n');
    expect(specifiers(text)).toStrictEqual(['found']);
    expect(maskText(text)).toHaveLength(text.length);
    expect(maskText(text).split('\n')).toHaveLength(3);
  });

  it('ignores methods named import', () => {
    expect(specifiers("loader.import('a'); this.#import('b'); reimport('c');")).toStrictEqual([]);
  });
});
