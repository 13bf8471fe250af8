/** Which databases the tabs of a browser share. Both ends go by it: the page that meets other tabs, and its core. */
import type { CoreConfig } from './contract.ts';

/** Whether other tabs can have the same database: one in memory is nobody else's, and reading alone disturbs nobody. */
export function isShared({ medium, read_only }: CoreConfig): boolean {
  return (medium === 'indexeddb' || medium === 'opfs') && !read_only;
}
