/** A folder with the files of a small package, for each test of a file. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

export class SmallTree {
  root = '';

  /** Writes files by their paths below the root. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true });
      writeFileSync(join(this.root, path), text);
    }
  }
}

export function useSmallTree(): SmallTree {
  const tree = new SmallTree();
  beforeEach(() => {
    tree.root = mkdtempSync(join(tmpdir(), 'tree-'));
  });
  afterEach(() => rmSync(tree.root, { recursive: true, force: true }));
  return tree;
}
