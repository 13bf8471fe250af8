/** An engine that there is no memory for, as under a limit of addresses or in a process with many others. */
import { expect, test, vi } from 'vitest';
import { startEngine } from '../../../src/vfs/engine.ts';

test('startEngine() says that memory is short, and what to do', async () => {
  const words = 'WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory for new instance';
  vi.spyOn(WebAssembly, 'instantiate').mockRejectedValueOnce(new RangeError(words) as never);
  await expect(startEngine()).rejects.toMatchObject({
    name: 'StorageFailure',
    errno: 'ENOMEM',
    message: `Not enough memory for the SQLite engine: ${words}. Close other contexts, or raise the limit of the process (ulimit -v).`,
  });
});
