/** Which databases the tabs of a browser share: the one rule for both the page and its core. */
import type { CoreConfig } from './contract.ts';

/** Whether other tabs can have the same database open: not one in memory; and reading alone disturbs nobody. */
export function isShared({ medium, read_only }: CoreConfig): boolean {
  return (medium === 'indexeddb' || medium === 'opfs') && !read_only;
}
