/** Defines and checks which part of the library may import which. */
import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { filesBelow } from './files-below.ts';
import { importCycles } from './import-cycles.ts';
import { type Import, maskText, scanImports } from './scan-imports.ts';

type Part = keyof typeof mayImport;

const leaves = [
  'about-item',
  'assignments',
  'checksum',
  'cinder',
  'copy-hint',
  'errors',
  'arguments',
  'file-system-limits',
  'inspect',
  'loaded',
  'migration-conflict',
  'near-name',
  'options',
  'platform-blob',
  'runtime',
  'serialization',
  'shown',
  'sqlite-header',
  'turns',
  'urls',
] as const;

/**
 * What each part may import at run time. A part may also import itself, and types from anywhere in `src/` unless {@link
 * typesToo} restricts them. A part is a folder or a file of `src/`, or a folder beside it.
 */
const mayImport = {
  // The caller's side.
  index: ['setup', 'cinderlib', 'migrate', 'objects', 'persistence', 'drivers', ...leaves],
  testing: ['contracts'],
  contracts: ['persistence', ...leaves],
  migrate: ['setup', 'objects', 'persistence', ...leaves],
  cli: ['convert', 'migrate', 'objects', 'persistence', ...leaves],
  convert: ['migrate', 'persistence', ...leaves],
  setup: ['cinderlib', 'persistence', 'rpc', ...leaves],
  cinderlib: ['objects', 'persistence', ...leaves],
  objects: ['persistence', 'drivers', ...leaves],
  drivers: [
    'cinder',
    'copy-hint',
    'errors',
    'file-system-limits',
    'inspect',
    'loaded',
    'near-name',
    'options',
    'runtime',
    'shown',
    'turns',
  ],
  persistence: ['rpc', ...leaves],
  // The boundary.
  rpc: ['errors', 'runtime'],
  // The core's side.
  workers: ['rpc', 'sql', 'tabs', 'vfs', 'media', 'runtime'],
  tabs: ['rpc', 'media', 'errors', 'runtime'],
  sql: [
    'vfs',
    'media',
    'about-item',
    'cinder',
    'checksum',
    'errors',
    'migration-conflict',
    'runtime',
    'serialization',
    'sqlite-header',
    'turns',
  ],
  vfs: ['media', 'wasm', 'errors', 'sqlite-header'],
  media: ['checksum', 'errors', 'file-system-limits', 'runtime', 'sqlite-header'],
  wasm: ['errors', 'runtime'],
  // The leaves.
  options: ['errors', 'near-name', 'shown'],
  serialization: ['about-item', 'cinder', 'errors', 'shown'],
  'about-item': ['errors'],
  assignments: ['errors'],
  checksum: [],
  cinder: ['errors', 'shown'],
  errors: [],
  arguments: ['cinder', 'errors', 'near-name', 'shown'],
  'copy-hint': [],
  'file-system-limits': [],
  inspect: [],
  loaded: ['errors'],
  'migration-conflict': ['cinder', 'errors'],
  'near-name': [],
  'platform-blob': [],
  runtime: [],
  shown: [],
  'sqlite-header': [],
  turns: [],
  urls: ['errors', 'near-name'],
} as const;

/** Parts whose type imports are restricted too. The core's side may also import types of `rpc`. */
const typesToo: Partial<Record<Part, readonly Part[]>> = {
  drivers: [],
  cinder: [],
  errors: [],
  options: [],
  serialization: [],
  sql: ['rpc'],
  vfs: ['rpc'],
  media: ['rpc'],
  tabs: ['rpc'],
  workers: [],
};

/** Single files that may import what their part may not, with the reason. */
const exceptions: readonly { readonly from: RegExp; readonly to: RegExp; readonly because: string }[] = [
  {
    from: /^src\/rpc\/local-client\.ts$/,
    to: /^src\/(?:sql|media|tabs|vfs)\//,
    because: 'worker: false is the core without a boundary',
  },
  {
    from: /^src\/sql\/core\.ts$/,
    to: /^src\/rpc\/(?:command-kinds|wire-version)\.ts$/,
    because: 'of which kind commands are, and which version of them this is, the contract says',
  },
  {
    from: /^src\/drivers\/file\/opfs-worker\.ts$/,
    to: /^src\/rpc\/worker-script\.ts$/,
    because: 'its worker is found, started and explained as the one of the core',
  },
  {
    from: /^workers\/files\.ts$/,
    to: /^src\/drivers\/file\//,
    because: 'this worker has nothing of the core',
  },
  {
    from: /^src\/cli\/(?:given-file|terminal|commands\/write-file)\.ts$/,
    to: /^src\/media\/filesystem\/(?:disk-file|failure|file-replacement)\.ts$/,
    because: 'opens and writes files that are no databases, and replaces those that may be',
  },
  {
    from: /^src\/cli\/commands\/temporary-file\.ts$/,
    to: /^src\/media\/locks\/lock-holder\.ts$/,
    because: 'names files after their maker, and asks whether that is still alive',
  },
];

/** Third-party packages, and the only files that may load them. */
const thirdParty: Readonly<Record<string, { readonly files: RegExp; readonly atMost: number }>> = {
  'cli-progress': { files: /^src\/cli\//, atMost: 1 },
  'cli-table3': { files: /^src\/cli\//, atMost: 1 },
  comlink: { files: /^src\/rpc\//, atMost: 2 },
  'comlink/dist/esm/node-adapter.mjs': { files: /^(?:src\/rpc|workers)\//, atMost: 2 },
  idb: { files: /^src\/media\/indexeddb\/(?:indexeddb-store|chromium-loss)\.ts$/, atMost: 2 },
  commander: { files: /^src\/cli\//, atMost: 1 },
  picocolors: { files: /^src\/cli\//, atMost: 1 },
};

/**
 * The one file that detects the platform, and the ways of detecting that no other file may use: the names of runtimes,
 * the global object, `typeof` tests of globals that may be missing, and `in` tests of what the platform's classes have.
 * The objects that it returns may be probed for methods wherever they are used.
 */
const probing = {
  file: 'src/runtime.ts',
  names:
    /(?<![.\w#$])(?:process(?=\s*(?:\?\.|[.[]))|(?:Deno|Bun|navigator|globalThis(?!\s+extends\b))\b|typeof\s+(?:[A-Z]\w*|indexedDB|document|window|self)(?=\s*[!=]==)|(?<=\sin\s+)(?<class>[A-Z]\w*)\.prototype\b)/g,
  // Not detection: a stand-in replaces them while the expression that bundlers recognise is evaluated.
  allowed: { files: /^src\/rpc\//, use: /^globalThis(?:\.(?:Shared)?Worker\b|, )/ },
};

const roots = ['src', 'workers', 'wasm'] as const;

interface SourceFile {
  readonly path: string;
  readonly imports: readonly Import[];
  readonly code: string;
}

/** Every rule violation in the package at `root`, as `file:line: what is wrong`. */
export function importProblems(root: string): string[] {
  const files = sourceFiles(root);
  const values = files.map(({ path, imports }): [string, string[]] => [
    path,
    imports.filter(({ isType, specifier }) => !isType && isRelative(specifier)).map((one) => target(path, one)),
  ]);
  return [
    ...files.flatMap(directionProblems),
    ...thirdPartyProblems(files),
    ...files.flatMap(probingProblems),
    ...importCycles(new Map(values)).map((cycle) => `${cycle[0]}: imports itself: ${cycle.join(' → ')}`),
  ];
}

function directionProblems({ path, imports }: SourceFile): string[] {
  const from = partOf(path);
  if (from === null) return [`${path}: belongs to no part; give it a line in scripts/import-rules.ts.`];
  return imports.flatMap((one) => {
    if (!isRelative(one.specifier) || one.specifier.endsWith('.json')) return [];
    const file = target(path, one);
    const to = partOf(file);
    if (to === null) return [`${path}:${one.line}: imports ${file}, which belongs to no part.`];
    if (to === from || isAllowed(from, to, one.isType)) return [];
    if (exceptions.some((exception) => exception.from.test(path) && exception.to.test(file))) return [];
    const kind = one.isType ? 'types of' : 'from';
    return [`${path}:${one.line}: ${from} may not import ${kind} ${to} (${one.specifier}).`];
  });
}

function isAllowed(from: Part, to: Part, isType: boolean): boolean {
  const values: readonly Part[] = mayImport[from];
  const types = typesToo[from];
  return values.includes(to) || (isType && (types === undefined || types.includes(to)));
}

function thirdPartyProblems(files: readonly SourceFile[]): string[] {
  const users = new Map<string, string[]>();
  const problems: string[] = [];
  for (const { path, imports } of files) {
    for (const { specifier, isType, line } of imports) {
      if (isRelative(specifier) || isType) continue;
      const rule = Object.hasOwn(thirdParty, specifier) ? thirdParty[specifier] : undefined;
      if (specifier.startsWith('node:')) {
        problems.push(`${path}:${line}: imports ${specifier}; use builtin('${specifier}') of src/runtime.ts.`);
      } else if (rule === undefined || !rule.files.test(path)) {
        problems.push(`${path}:${line}: may not import the package ${specifier}.`);
      } else users.set(specifier, [...new Set([...(users.get(specifier) ?? []), path])]);
    }
  }
  for (const [specifier, paths] of users) {
    const atMost = thirdParty[specifier]?.atMost ?? 0;
    if (paths.length <= atMost) continue;
    problems.push(`${paths.join(', ')}: ${paths.length} files import ${specifier}; at most ${atMost} may.`);
  }
  return problems;
}

function probingProblems({ path, code }: SourceFile): string[] {
  if (path === probing.file) return [];
  const { files, use } = probing.allowed;
  return [...code.matchAll(probing.names)].flatMap((match) => {
    if (files.test(path) && use.test(code.slice(match.index))) return [];
    const name = match.groups?.['class'];
    if (name !== undefined && isOwnClass(name, code)) return [];
    const line = code.slice(0, match.index).split('\n').length;
    return `${path}:${line}: asks for ${match[0]}; only ${probing.file} may look for what the platform has.`;
  });
}

/** Whether the file declares or imports the class: then it is not one of the platform's. */
function isOwnClass(name: string, code: string): boolean {
  return new RegExp(`\\b(?:class\\s+|import\\b[^;]*\\W)${name}\\b`).test(code);
}

function sourceFiles(root: string): SourceFile[] {
  return roots
    .flatMap((folder) => filesBelow(root, folder))
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, imports: scanImports(text), code: maskText(text) };
    });
}

function partOf(path: string): Part | null {
  const [, name] = path.match(/^(?:src\/)?([^/.]+)/) ?? [];
  return name !== undefined && Object.hasOwn(mayImport, name) ? (name as Part) : null;
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith('.');
}

function target(path: string, { specifier }: Import): string {
  return posix.join(dirname(path), specifier);
}
