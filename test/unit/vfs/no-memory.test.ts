/** An engine for which there is no memory, as under a limit of the address space. */
import { expect, test, vi } from 'vitest';
import { startSqlite } from '../../../src/vfs/start-sqlite.ts';

test('startSqlite() reports that memory is short, with the remedy', async () => {
  const words = 'WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory for new instance';
  vi.spyOn(WebAssembly, 'instantiate').mockRejectedValueOnce(new RangeError(words) as never);
  await expect(startSqlite()).rejects.toMatchObject({
    name: 'StorageFailure',
    errno: 'ENOMEM',
    message: `Not enough memory for the SQLite engine: ${words}. Close other contexts, or raise the limit of the process (ulimit -v).`,
  });
});
