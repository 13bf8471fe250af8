/** The package as npm would publish it, installed in a folder of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface PackedPackage {
  /** A package that has installed it. */
  readonly user: string;
  /** The files of the tarball. */
  readonly files: readonly string[];
  /** In bytes, compressed. */
  readonly size: number;
  remove(): void;
}

/** Packs what is built, and installs it as a user would, in a new folder below `parent`. */
export function installPacked(parent: string = tmpdir()): PackedPackage {
  const user = mkdtempSync(join(parent, 'cinderlib-user-'));
  const pack = ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', user];
  const [tarball] = JSON.parse(npm(root, ...pack)) as [{ filename: string; size: number; files: { path: string }[] }];
  writeFileSync(join(user, 'package.json'), '{ "name": "user", "private": true, "type": "module" }');
  npm(user, 'install', '--offline', '--silent', '--no-audit', '--no-fund', `./${tarball.filename}`);
  return {
    user,
    files: tarball.files.map(({ path }) => path),
    size: tarball.size,
    remove: () => rmSync(user, { recursive: true, force: true }),
  };
}

function npm(cwd: string, ...command: string[]): string {
  return execFileSync('npm', command, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
