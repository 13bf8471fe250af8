/** Lists the TypeScript files of folders. */
import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The paths below `root`, with slashes, of all TypeScript files in that folder, sorted; none if there is no such folder. */
export function filesBelow(root: string, folder: string): string[] {
  try {
    const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && /(?<!\.d)\.ts$/.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .sort();
  } catch {
    return [];
  }
}
