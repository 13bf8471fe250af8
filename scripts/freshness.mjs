/** Whether `dist/` is newer than everything that it is made of. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const inputs = ['src', 'workers', 'wasm', 'scripts', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

const note = (root) => join(root, '.cache', 'built-at');

/** Remembers when a build began: what is saved while it runs is newer than its result. */
export function rememberBuild(root, startedAt) {
  mkdirSync(dirname(note(root)), { recursive: true });
  writeFileSync(note(root), String(startedAt));
}

export function isFresh(root) {
  if (!existsSync(join(root, 'dist', 'index.js')) || !existsSync(note(root))) return false;
  const builtAt = Number(readFileSync(note(root), 'utf8'));
  return inputs.every((input) => lastChange(join(root, input)) < builtAt);
}

/** The time of the last change at or below the path. A folder's own time tells of files that were removed. */
function lastChange(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((entry) => lastChange(join(path, entry))));
}
