/** The content of the package that npm would publish. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPacked, type PackedPackage } from './packed.ts';

let packed: PackedPackage;
let installed: string;

beforeAll(() => {
  packed = installPacked();
  installed = join(packed.user, 'node_modules/cinderlib-wasm');
});
afterAll(() => packed.remove());

const read = (path: string): string => readFileSync(join(installed, path), 'utf8');
const scripts = (): string[] => readdirSync(join(installed, 'dist')).filter((file) => file.endsWith('.js'));
const size = (file: string): number => statSync(join(installed, 'dist', file)).size;

describe('the published package', () => {
  it('holds code, types, docs and examples, and no sources', () => {
    const folders = new Set(packed.files.map((path) => path.split('/')[0]));
    expect([...folders].sort()).toStrictEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'bench',
      'dist',
      'docs',
      'examples',
      'package.json',
    ]);
    expect(packed.files.filter((path) => path.startsWith('bench/'))).toStrictEqual(['bench/figures.md']);
    expect(packed.files.filter((path) => /^dist\/.*\.ts$/.test(path) && !/\.d\.ts$/.test(path))).toStrictEqual([]);
  });

  it('has no dependencies, except for optional database drivers', () => {
    const { dependencies, peerDependencies, peerDependenciesMeta, optionalDependencies } = JSON.parse(
      read('package.json'),
    );
    expect([dependencies, optionalDependencies]).toStrictEqual([undefined, undefined]);
    expect(Object.keys(peerDependencies)).toStrictEqual(['mysql2', 'pg']);
    expect(peerDependenciesMeta).toStrictEqual({ mysql2: { optional: true }, pg: { optional: true } });
    expect(readdirSync(join(packed.user, 'node_modules')).filter((name) => !name.startsWith('.'))).toStrictEqual([
      'cinderlib-wasm',
    ]);
  });

  it('has each file that its exports name', () => {
    const { exports } = JSON.parse(read('package.json')) as {
      exports: Record<string, string | Record<string, string>>;
    };
    const targets = Object.values(exports).flatMap((target) =>
      typeof target === 'string' ? target : Object.values(target),
    );
    expect(targets.filter((target) => !existsSync(join(installed, target)))).toStrictEqual([]);
  });

  it('keeps the names of its classes, which the console and loggers show', async () => {
    const library: Record<string, unknown> = await import(join(installed, 'dist/index.js'));
    const classes = Object.entries(library).filter(([name]) => /^[A-Z]/.test(name));
    expect(classes.length).toBeGreaterThan(60);
    expect(classes.filter(([name, value]) => typeof value !== 'function' || value.name !== name)).toStrictEqual([]);
  });

  it('has the same exports, version and licence in jsr.json', () => {
    const { exports, version, license } = JSON.parse(read('package.json'));
    const jsr = JSON.parse(readFileSync(join(import.meta.dirname, '../../jsr.json'), 'utf8'));
    const entries = Object.entries<string | { default: string }>(exports).filter(([name]) => name !== './package.json');
    const modules = entries.map(([name, target]) => [name, typeof target === 'string' ? target : target.default]);
    expect(jsr.exports).toStrictEqual(Object.fromEntries(modules));
    expect([jsr.version, jsr.license]).toStrictEqual([version, license]);
  });

  it('includes the pinned engine', () => {
    const pin = JSON.parse(readFileSync(join(import.meta.dirname, '../../wasm/pin.json'), 'utf8'));
    const bytes = readFileSync(join(installed, 'dist/sql-wasm.wasm'));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(pin.sha256);
  });

  it('loads no module of Node by a static import or require', () => {
    for (const file of scripts()) {
      const text = read(`dist/${file}`);
      expect.soft(text, file).not.toMatch(/^\s*import\b[^;]*["']node:/m);
      expect.soft(text, file).not.toMatch(/\brequire\(\s*["']/);
    }
  });

  it('provides the program under both of its names', () => {
    for (const name of ['cinderlib-wasm', 'cinderlib']) {
      const help = execFileSync(join(packed.user, 'node_modules/.bin', name), ['--help'], { encoding: 'utf8' });
      expect(help).toMatch(/^Usage: cinderlib /);
    }
  });

  it('has a worker in a single file', () => {
    expect(read('dist/core-node.js')).not.toMatch(/^\s*(?:import|export)\b[^;(]*["']\.\//m);
  });

  it('names the licence of everything that is bundled', () => {
    const licenses = read('dist/THIRD-PARTY-LICENSES.txt');
    expect(licenses.match(/^[\w.@/-]+ \d+\.\d+\.\d+, [\w.-]+$/gm)?.map((line) => line.split(' ')[0])).toStrictEqual([
      'ansi-regex',
      'cli-progress',
      'cli-table3',
      'comlink',
      'commander',
      'emoji-regex',
      'idb',
      'is-fullwidth-code-point',
      'picocolors',
      'sql.js',
      'string-width',
      'strip-ansi',
    ]);
    expect(licenses).toContain('Apache License');
    expect(licenses).toContain('MIT');
  });

  it('has source maps that include the sources', () => {
    for (const file of scripts()) {
      expect(existsSync(join(installed, 'dist', `${file}.map`)), file).toBe(true);
    }
    const maps = scripts().map((file) => JSON.parse(read(`dist/${file}.map`)));
    expect(maps.flatMap(({ sourcesContent }) => sourcesContent as string[]).length).toBeGreaterThan(100);
    // Nor do they name the folder in which the build worked: the same sources make the same files everywhere.
    expect(maps.flatMap(({ sources }) => sources as string[]).filter((source) => source.includes('.cache'))).toEqual(
      [],
    );
  });

  it('stays small: the limits are a tenth above the measured sizes', () => {
    // Measured: cli.js with all volume drivers 362 kB, core-node.js with the database drivers 170 kB, the engine 688 kB,
    // the packed package with docs 2,275 kB. What a page loads is in sizes.test.ts.
    expect(size('core-node.js')).toBeLessThan(188_000);
    expect(size('cli.js')).toBeLessThan(398_000);
    expect(packed.size).toBeLessThan(2_500_000);
  });
});
