/** A browser has no sockets, so the URL of a server is refused there before anything is loaded. */
import { afterEach, expect, test, vi } from 'vitest';
import { databaseAt } from '../../../src/persistence/database-storage.ts';

afterEach(() => void vi.unstubAllGlobals());

test.each(['mysql://u:secret@h/d', 'postgresql://u:secret@h/d'])(
  '%s is refused with the alternatives',
  async (connection) => {
    vi.stubGlobal('process', undefined);
    const [result] = await Promise.allSettled([
      databaseAt({ connection }, () => Promise.reject(new Error('not asked'))),
    ]);
    vi.unstubAllGlobals();
    const reason = result.status === 'rejected' ? (result.reason as Error) : new Error('opened');
    expect(reason.name).toBe('InvalidUrl');
    expect(reason.message).toMatch(/browsers.*Node, Deno or Bun.*SQLite file/);
    expect(reason.message).not.toContain('secret');
  },
);
