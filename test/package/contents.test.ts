/** What is in the package that npm would publish. */
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
  it('holds what runs, its types, and what goes with them', () => {
    const folders = new Set(packed.files.map((path) => path.split('/')[0]));
    expect([...folders].filter((name) => name !== 'CHANGELOG.md').sort()).toStrictEqual([
      'LICENSE',
      'README.md',
      'dist',
      'package.json',
    ]);
    expect(packed.files.filter((path) => /\.ts$/.test(path) && !/\.d\.ts$/.test(path))).toStrictEqual([]);
  });

  it('depends on nothing', () => {
    const { dependencies, peerDependencies, optionalDependencies } = JSON.parse(read('package.json'));
    expect([dependencies, peerDependencies, optionalDependencies]).toStrictEqual([undefined, undefined, undefined]);
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

  it('is the same for JSR', () => {
    const { exports, version, license } = JSON.parse(read('package.json'));
    const jsr = JSON.parse(readFileSync(join(import.meta.dirname, '../../jsr.json'), 'utf8'));
    const entries = Object.entries<string | { default: string }>(exports).filter(([name]) => name !== './package.json');
    const modules = entries.map(([name, target]) => [name, typeof target === 'string' ? target : target.default]);
    expect(jsr.exports).toStrictEqual(Object.fromEntries(modules));
    expect([jsr.version, jsr.license]).toStrictEqual([version, license]);
  });

  it('brings the pinned engine', () => {
    const pin = JSON.parse(readFileSync(join(import.meta.dirname, '../../wasm/pin.json'), 'utf8'));
    const bytes = readFileSync(join(installed, 'dist/sql-wasm.wasm'));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(pin.sha256);
  });

  it('loads nothing of Node by a static import or require', () => {
    for (const file of scripts()) {
      const text = read(`dist/${file}`);
      expect.soft(text, file).not.toMatch(/^\s*import\b[^;]*["']node:/m);
      expect.soft(text, file).not.toMatch(/\brequire\(\s*["']/);
    }
  });

  it('has a worker that is one file', () => {
    expect(read('dist/core-node.js')).not.toMatch(/^\s*(?:import|export)\b[^;(]*["']\.\//m);
  });

  it('names the licence of everything that is bundled', () => {
    const licenses = read('dist/THIRD-PARTY-LICENSES.txt');
    expect(licenses.match(/^[\w.@/-]+ \d+\.\d+\.\d+, [\w.-]+$/gm)?.map((line) => line.split(' ')[0])).toStrictEqual([
      'comlink',
      'idb',
      'sql.js',
    ]);
    expect(licenses).toContain('Apache License');
    expect(licenses).toContain('MIT');
  });

  it('has source maps with the sources in them', () => {
    for (const file of scripts()) {
      expect(existsSync(join(installed, 'dist', `${file}.map`)), file).toBe(true);
    }
    expect(JSON.parse(read('dist/index.js.map')).sourcesContent.length).toBeGreaterThan(10);
  });

  it('stays small: ceilings a tenth above what was measured', () => {
    // Measured unminified: index.js and its chunk 217 kB, core-node.js 284 kB, the engine 688 kB, packed 1335 kB with the drivers.
    expect(size('index.js')).toBeLessThan(113_000);
    expect(size('core-node.js')).toBeLessThan(164_000);
    expect(packed.size).toBeLessThan(1_470_000);
  });
});
