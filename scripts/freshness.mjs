/** Tells whether `dist/` is newer than all of its inputs. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const inputs = [
  ...['src', 'workers', 'wasm', 'scripts'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'],
];

const note = (root) => join(root, '.cache', 'built-at');

/** Records when a build began: inputs saved while it runs count as newer than its result. */
export function rememberBuild(root, startedAt) {
  mkdirSync(dirname(note(root)), { recursive: true });
  writeFileSync(note(root), String(startedAt));
}

export function isFresh(root) {
  if (!existsSync(join(root, 'dist', 'index.js')) || !existsSync(note(root))) return false;
  const builtAt = Number(readFileSync(note(root), 'utf8'));
  return inputs.every((input) => lastChange(join(root, input)) < builtAt);
}

/** The latest modification time at or below the path. A folder's own time reveals removed files. */
function lastChange(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((entry) => lastChange(join(path, entry))));
}
